/** Why a node did not do what it was asked. */
/** A mistake of whoever asked the node for something; `message` is a sentence for them. */
export class RequestError extends Error {}

/** What was asked is right, and this machine cannot do it now; `message` is a sentence with what mends it. */
export class TroubleError extends Error {}
