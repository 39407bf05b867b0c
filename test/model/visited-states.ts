// Bound once: inside jest every look-up of a global costs more than the multiplication itself.
const { imul } = Math;

/**
 * The states found so far, numbered in the order of discovery, each with the state it was found from: a hash
 * set, the queue of a breadth-first search and its tree in one, about 20 bytes per state.
 */
export class VisitedStates {
  private stores = new Int32Array(1 << 16);
  private instances = new Int32Array(1 << 16);
  private parents = new Int32Array(1 << 16);
  /** Open addressing, at most half full: the number of a state plus one, 0 for an empty slot. */
  private slots = new Int32Array(1 << 17);
  private count = 0;

  get size(): number {
    return this.count;
  }

  storesOf(id: number): number {
    return at(this.stores, id);
  }

  instancesOf(id: number): number {
    return at(this.instances, id);
  }

  /** -1 for the first state. */
  parentOf(id: number): number {
    return at(this.parents, id);
  }

  /** Does nothing when the state is known. */
  add(stores: number, instances: number, parent: number): void {
    const mask = this.slots.length - 1;
    let slot = hash(stores, instances) & mask;
    for (let held = at(this.slots, slot); held !== 0; held = at(this.slots, slot)) {
      if (this.stores[held - 1] === stores && this.instances[held - 1] === instances) return;
      slot = (slot + 1) & mask;
    }
    const id = this.count++;
    this.stores[id] = stores;
    this.instances[id] = instances;
    this.parents[id] = parent;
    this.slots[slot] = id + 1;
    if (this.count === this.stores.length) this.grow();
  }

  private grow(): void {
    this.stores = doubled(this.stores);
    this.instances = doubled(this.instances);
    this.parents = doubled(this.parents);
    this.slots = new Int32Array(this.slots.length * 2);
    const mask = this.slots.length - 1;
    for (let id = 0; id < this.count; id++) {
      let slot = hash(at(this.stores, id), at(this.instances, id)) & mask;
      while (this.slots[slot] !== 0) slot = (slot + 1) & mask;
      this.slots[slot] = id + 1;
    }
  }
}

/** Every caller stays inside the array. */
const at = (array: Int32Array, index: number): number => array[index] ?? 0;

function doubled(array: Int32Array<ArrayBuffer>): Int32Array<ArrayBuffer> {
  const larger = new Int32Array(array.length * 2);
  larger.set(array);
  return larger;
}

function hash(stores: number, instances: number): number {
  let mixed = imul(stores, 0x9e3779b1) ^ imul(instances, 0x85ebca6b);
  mixed = imul(mixed ^ (mixed >>> 15), 0xc2b2ae35);
  return mixed ^ (mixed >>> 13);
}
