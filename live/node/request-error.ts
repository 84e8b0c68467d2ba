/** A mistake of whoever asked the node for something; `message` is a sentence for them. */
export class RequestError extends Error {}
