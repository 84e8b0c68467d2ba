/**
 * The event queue: a hierarchical timing wheel over typed arrays, in the total order (time, source, sequence).
 *
 * Why a wheel: a pop and a push cost two or three array touches whatever the number of pending events, where a heap
 * walks log n levels and an object heap allocates; and a wheel, unlike a calendar that resizes by sampling, does not
 * collapse under a skewed mix of millisecond packets and hour-long timers (docs/decisions/0001).
 *
 * How: five levels of 2,048 slots. An event whose time shares all but its last 11-bit digit with the clock goes to level
 * 0, where a slot is exactly one microsecond; one that differs in a higher digit waits at that level and is moved
 * down ("cascaded") when the clock reaches its slot. A level-0 slot therefore holds one instant, and sorting its few events by
 * (source, sequence) as it is drained gives the total order without any comparison elsewhere. The order thus depends on
 * what was scheduled, never on when or by whom it was inserted.
 *
 * Events are records of integers: no closure, no object. What they mean is the engine's affair.
 */

const DIGIT_BITS = 11;
const SLOTS = 1 << DIGIT_BITS;
const SLOT_MASK = SLOTS - 1;
const LEVELS = 5;
const WORDS_PER_LEVEL = SLOTS >>> 5;

/** Integers per record: source, sequence, target, kind, a, b, then the time as one double. */
const RECORD_INTS = 8;
const RECORD_DOUBLES = 4;
const INITIAL_CAPACITY = 1 << 10;
/** Up to here an instant's events are sorted by insertion, beyond by a comparison sort. */
const INSERTION_SORT_MAX = 24;

export class WheelQueue {
  /** Fields of the event that the last `pop` returned. */
  timeUs = 0;
  source = 0;
  sequence = 0;
  target = 0;
  kind = 0;
  a = 0;
  b = 0;

  #size = 0;
  #ints = new Int32Array(INITIAL_CAPACITY * RECORD_INTS);
  #times = new Float64Array(this.#ints.buffer);
  #next = new Int32Array(INITIAL_CAPACITY);
  #free = -1;
  #used = 0;
  readonly #heads = new Int32Array(LEVELS * SLOTS).fill(-1);
  readonly #occupied = new Uint32Array(LEVELS * WORDS_PER_LEVEL);

  /** Where the clock stands, as its quotients by 2^11, 2^22, 2^33, 2^44: the digits that choose a level. */
  #slot0 = 0;
  #q0 = 0;
  #q1 = 0;
  #q2 = 0;
  #q3 = 0;

  /** The instant being handed out: record numbers in order, and how far we are. */
  #batch = new Int32Array(64);
  #batchSize = 0;
  #batchAt = 0;
  #batchTimeUs = -1;

  /** Pending events, those of the current instant that were not handed out yet included. */
  get size(): number {
    return this.#size;
  }

  /**
   * Adds an event. `timeUs` is an integer later than the instant being handed out (an event cannot cause another at
   * its own instant: that is what keeps the order independent of insertion). `source` and `sequence` (unsigned 32 bit)
   * order events of one instant and must be unique together.
   */
  push(
    timeUs: number,
    source: number,
    sequence: number,
    target: number,
    kind: number,
    a: number,
    b: number,
  ): void {
    if (!(timeUs > this.#batchTimeUs)) this.#refuse(timeUs);
    let record = this.#free;
    if (record >= 0) this.#free = this.#next[record]!;
    else {
      record = this.#used++;
      if (record === this.#next.length) this.#grow();
    }
    const at = record * RECORD_INTS;
    const ints = this.#ints;
    ints[at] = source;
    ints[at + 1] = sequence;
    ints[at + 2] = target;
    ints[at + 3] = kind;
    ints[at + 4] = a;
    ints[at + 5] = b;
    this.#times[record * RECORD_DOUBLES + 3] = timeUs;
    this.#size++;
    this.#place(record, timeUs);
  }

  /**
   * Takes the next event in order if its time is at most `untilUs`; its fields are then in this object's properties.
   * Never moves the clock beyond `untilUs`, so that later pushes after that instant stay possible.
   */
  pop(untilUs: number): boolean {
    if (this.#batchAt === this.#batchSize && !this.#drainNextInstant(untilUs)) return false;
    if (this.#batchTimeUs > untilUs) return false;
    const record = this.#batch[this.#batchAt++]!;
    const at = record * RECORD_INTS;
    const ints = this.#ints;
    this.timeUs = this.#batchTimeUs;
    this.source = ints[at]!;
    this.sequence = ints[at + 1]! >>> 0;
    this.target = ints[at + 2]!;
    this.kind = ints[at + 3]!;
    this.a = ints[at + 4]!;
    this.b = ints[at + 5]!;
    this.#next[record] = this.#free;
    this.#free = record;
    this.#size--;
    return true;
  }

  #place(record: number, timeUs: number): void {
    const q0 = Math.floor(timeUs / SLOTS);
    if (q0 === this.#q0) {
      this.#link(0, timeUs - q0 * SLOTS, record);
      return;
    }
    const q1 = Math.floor(q0 / SLOTS);
    if (q1 === this.#q1) {
      this.#link(1, q0 - q1 * SLOTS, record);
      return;
    }
    const q2 = Math.floor(q1 / SLOTS);
    if (q2 === this.#q2) {
      this.#link(2, q1 - q2 * SLOTS, record);
      return;
    }
    const q3 = Math.floor(q2 / SLOTS);
    if (q3 === this.#q3) this.#link(3, q2 - q3 * SLOTS, record);
    else this.#link(4, q3, record);
  }

  #link(level: number, slot: number, record: number): void {
    const at = level * SLOTS + slot;
    this.#next[record] = this.#heads[at]!;
    this.#heads[at] = record;
    this.#occupied[level * WORDS_PER_LEVEL + (slot >>> 5)]! |= 1 << (slot & 31);
  }

  /** First occupied slot >= `from` of a level, or -1. */
  #firstOccupied(level: number, from: number): number {
    if (from > SLOT_MASK) return -1;
    const base = level * WORDS_PER_LEVEL;
    let word = from >>> 5;
    let bits = this.#occupied[base + word]! & (-1 << (from & 31));
    while (bits === 0) {
      if (++word === WORDS_PER_LEVEL) return -1;
      bits = this.#occupied[base + word]!;
    }
    return (word << 5) + (31 - Math.clz32(bits & -bits));
  }

  #unlinkAll(level: number, slot: number): number {
    const at = level * SLOTS + slot;
    const head = this.#heads[at]!;
    this.#heads[at] = -1;
    this.#occupied[level * WORDS_PER_LEVEL + (slot >>> 5)]! &= ~(1 << (slot & 31));
    return head;
  }

  /** Moves the clock to the next occupied instant at or before `untilUs` and lays its events out in order. */
  #drainNextInstant(untilUs: number): boolean {
    for (;;) {
      const slot = this.#firstOccupied(0, this.#slot0);
      if (slot >= 0) {
        const timeUs = this.#q0 * SLOTS + slot;
        if (timeUs > untilUs) return false;
        this.#slot0 = slot;
        this.#batchTimeUs = timeUs;
        this.#layOut(this.#unlinkAll(0, slot));
        return true;
      }
      if (!this.#advance(untilUs)) return false;
    }
  }

  /** Moves the clock to the start of the next occupied slot of the lowest level that has one; cascades that slot. */
  #advance(untilUs: number): boolean {
    const digits1 = this.#q0 - this.#q1 * SLOTS;
    let slot = this.#firstOccupied(1, digits1 + 1);
    if (slot >= 0) return this.#cascade(1, slot, this.#q1 * SLOTS + slot, untilUs);
    const digits2 = this.#q1 - this.#q2 * SLOTS;
    slot = this.#firstOccupied(2, digits2 + 1);
    if (slot >= 0) return this.#cascade(2, slot, (this.#q2 * SLOTS + slot) * SLOTS, untilUs);
    const digits3 = this.#q2 - this.#q3 * SLOTS;
    slot = this.#firstOccupied(3, digits3 + 1);
    if (slot >= 0)
      return this.#cascade(3, slot, (this.#q3 * SLOTS + slot) * SLOTS * SLOTS, untilUs);
    slot = this.#firstOccupied(4, this.#q3 + 1);
    if (slot >= 0) return this.#cascade(4, slot, slot * SLOTS * SLOTS * SLOTS, untilUs);
    return false;
  }

  #cascade(level: number, slot: number, q0: number, untilUs: number): boolean {
    if (q0 * SLOTS > untilUs) return false;
    this.#q0 = q0;
    this.#q1 = Math.floor(q0 / SLOTS);
    this.#q2 = Math.floor(this.#q1 / SLOTS);
    this.#q3 = Math.floor(this.#q2 / SLOTS);
    this.#slot0 = 0;
    let record = this.#unlinkAll(level, slot);
    while (record >= 0) {
      const following = this.#next[record]!;
      this.#place(record, this.#times[record * RECORD_DOUBLES + 3]!);
      record = following;
    }
    return true;
  }

  #layOut(head: number): void {
    let n = 0;
    for (let record = head; record >= 0; record = this.#next[record]!) {
      if (n === this.#batch.length) {
        const grown = new Int32Array(n * 2);
        grown.set(this.#batch);
        this.#batch = grown;
      }
      this.#batch[n++] = record;
    }
    this.#batchAt = 0;
    this.#batchSize = n;
    if (n > 1) this.#sortBatch(n);
  }

  #sortBatch(n: number): void {
    const batch = this.#batch;
    if (n > INSERTION_SORT_MAX) {
      batch.subarray(0, n).sort((x, y) => this.#compare(x, y));
      return;
    }
    for (let i = 1; i < n; i++) {
      const record = batch[i]!;
      let j = i - 1;
      while (j >= 0 && this.#compare(batch[j]!, record) > 0) {
        batch[j + 1] = batch[j]!;
        j--;
      }
      batch[j + 1] = record;
    }
  }

  #compare(x: number, y: number): number {
    const ints = this.#ints;
    const sx = ints[x * RECORD_INTS]!;
    const sy = ints[y * RECORD_INTS]!;
    if (sx !== sy) return sx - sy;
    const nx = ints[x * RECORD_INTS + 1]! >>> 0;
    const ny = ints[y * RECORD_INTS + 1]! >>> 0;
    if (nx === ny && x !== y) {
      throw new Error(
        `ambiguous order: two events at ${this.#batchTimeUs} us from source ${sx} share sequence number ${nx}`,
      );
    }
    return nx - ny;
  }

  #grow(): void {
    const capacity = this.#next.length * 2;
    const ints = new Int32Array(capacity * RECORD_INTS);
    ints.set(this.#ints);
    this.#ints = ints;
    this.#times = new Float64Array(ints.buffer);
    const next = new Int32Array(capacity);
    next.set(this.#next);
    this.#next = next;
  }

  #refuse(timeUs: number): never {
    throw new Error(
      `an event at ${timeUs} us was scheduled while ${this.#batchTimeUs} us is being handled: ` +
        'every delay must be at least 1 us',
    );
  }
}
