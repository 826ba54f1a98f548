/**
 * GPT-2's way to write bytes as printable characters.
 * Source: pre_tokenizers/byte_level.rs of huggingface/tokenizers (Apache-2.0), bytes_char.
 */

const characterOf: readonly string[] = (() => {
  const printable = (byte: number) => byte >= 0x21 && byte <= 0x7e || byte >= 0xa1 && byte !== 0xad;
  let other = 0x100;
  return Array.from({ length: 256 }, (_, byte) => String.fromCharCode(printable(byte) ? byte : other++));
})();

const byteOf = new Map(characterOf.map((character, byte) => [character, byte]));

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

/** A text's bytes as characters: "가" is "ê°Ģ". */
export function toByteCharacters(text: string): string {
  let result = "";
  for (const byte of encoder.encode(text)) result += characterOf[byte]!;
  return result;
}

/** Tokens of such characters back to text; a token with another character stands for itself. */
export function fromByteCharacters(tokens: readonly string[]): string {
  const bytes: number[] = [];
  for (const token of tokens) {
    const own = Array.from(token, (character) => byteOf.get(character));
    if (own.every((byte) => byte !== undefined)) bytes.push(...own as number[]);
    else bytes.push(...encoder.encode(token));
  }
  return decoder.decode(Uint8Array.from(bytes));
}
