/** Bytes that this process holds after a collection: objects and buffers. */
export function memoryInUse() {
  globalThis.gc();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}
