import fc from 'fast-check';

/** A text of any UTF-16 code units, lone surrogates included. */
export function anyText(constraints: { minLength?: number; maxLength?: number } = {}): fc.Arbitrary<string> {
  const unit = fc.oneof(fc.nat(0x7f), fc.nat(0xffff)).map((code) => String.fromCharCode(code));
  return fc.array(unit, constraints).map((units) => units.join(''));
}

/** Applies up to three random changes to some bytes: bits, single bytes, cuts, and pieces moved, doubled or put in. */
export function mutated(original: Uint8Array): fc.Arbitrary<Uint8Array> {
  const at = fc.nat(original.length);
  const length = fc.nat(12);
  const change = fc.oneof(
    fc.record({ kind: fc.constant('bit' as const), at, bit: fc.nat(7) }),
    fc.record({ kind: fc.constant('byte' as const), at, value: fc.nat(255) }),
    fc.record({ kind: fc.constant('cut' as const), at, length }),
    fc.record({ kind: fc.constant('copy' as const), at, to: at, length }),
    fc.record({ kind: fc.constant('insert' as const), at, content: fc.uint8Array({ maxLength: 12 }) }),
    fc.record({ kind: fc.constant('end' as const), at }),
  );
  return fc.array(change, { minLength: 1, maxLength: 3 }).map((changes) => {
    let bytes = [...original];
    for (const each of changes) {
      switch (each.kind) {
        case 'bit':
          if (each.at < bytes.length) bytes[each.at]! ^= 1 << each.bit;
          break;
        case 'byte':
          if (each.at < bytes.length) bytes[each.at] = each.value;
          break;
        case 'cut':
          bytes.splice(each.at, each.length);
          break;
        case 'copy':
          bytes.splice(each.to, 0, ...bytes.slice(each.at, each.at + each.length));
          break;
        case 'insert':
          bytes.splice(each.at, 0, ...each.content);
          break;
        case 'end':
          bytes = bytes.slice(0, each.at);
          break;
      }
    }
    return Uint8Array.from(bytes);
  });
}
