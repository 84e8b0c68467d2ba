/** Mean and spread of many values in one pass (Welford 1962), exact whatever their number: samples of a long run are thinned, this is not. */
export class Dispersion {
  #count = 0;
  #mean = 0;
  #squares = 0;

  add(value: number): void {
    this.#count++;
    const off = value - this.#mean;
    this.#mean += off / this.#count;
    this.#squares += off * (value - this.#mean);
  }

  /** Coefficient of variation: standard deviation as a share of the mean; undefined if there is none. */
  variation(): number | undefined {
    if (this.#count === 0 || this.#mean === 0) return undefined;
    return Math.sqrt(this.#squares / this.#count) / this.#mean;
  }
}
