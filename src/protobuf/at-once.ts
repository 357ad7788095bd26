import * as ownDescriptors from './descriptors.js';
import * as protobufEs from './runtime.js';

/** protobuf-es. Where modules cannot be loaded synchronously, it is there from the start. */
export function protobuf(): typeof protobufEs {
  return protobufEs;
}

/** The package's own descriptors, with the same runtime. */
export function descriptors(): typeof ownDescriptors {
  return ownDescriptors;
}
