// Clarity values as the Stacks API writes them for people. Programs decode the hex.

import { Cl, ClarityType, deserializeCV } from '@stacks/transactions';

/** @param {string} hex @returns {{hex: string, repr: string}} */
export function valueOf(hex) {
  return { hex, repr: repr(deserializeCV(hex)) };
}

/** @param {any} value a Clarity value @returns {string} */
export function repr(value) {
  switch (value.type) {
    case ClarityType.Int: return String(value.value);
    case ClarityType.UInt: return `u${value.value}`;
    case ClarityType.BoolTrue: return 'true';
    case ClarityType.BoolFalse: return 'false';
    case ClarityType.Buffer: return `0x${value.value}`;
    case ClarityType.OptionalNone: return 'none';
    case ClarityType.OptionalSome: return `(some ${repr(value.value)})`;
    case ClarityType.ResponseOk: return `(ok ${repr(value.value)})`;
    case ClarityType.ResponseErr: return `(err ${repr(value.value)})`;
    case ClarityType.PrincipalStandard:
    case ClarityType.PrincipalContract: return `'${value.value}`;
    case ClarityType.StringASCII: return `"${escaped(value.value)}"`;
    case ClarityType.StringUTF8: return `u"${escaped(value.value)}"`;
    case ClarityType.List: return `(list${value.value.map((item) => ` ${repr(item)}`).join('')})`;
    case ClarityType.Tuple:
      return `(tuple${Object.keys(value.value).sort()
        .map((key) => ` (${key} ${repr(value.value[key])})`).join('')})`;
    default: throw new TypeError(`No Clarity value: ${value.type}`);
  }
}

const SHORT = { '\n': '\\n', '\r': '\\r', '\t': '\\t', '\\': '\\\\', '"': '\\"', '\0': '\\0' };

/** The server's decoder writes what is not ASCII as the hex of its UTF-8 bytes. */
function escaped(text) {
  let out = '';
  for (const character of text) {
    if (SHORT[character]) out += SHORT[character];
    else if (character >= ' ' && character <= '~') out += character;
    else out += `\\u{${Buffer.from(character).toString('hex')}}`;
  }
  return out;
}

export const NONE_ERR = `0x${Cl.serialize(Cl.error(Cl.none()))}`;
