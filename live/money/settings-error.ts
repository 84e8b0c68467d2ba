/** Money settings that contradict each other; `message` is a sentence for the user. */
export class MoneySettingsError extends Error {}
