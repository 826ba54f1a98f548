/**
 * The directory of a zip archive whose members are stored, not compressed, as PyTorch writes them: where the bytes of
 * each member lie. With zip64, which archives above 4 GB need. https://pkware.cachefly.net/webdocs/APPNOTE/APPNOTE-6.3.9.TXT
 */

import { UserError } from "../../ground/pure.ts";
import type { FileBytes } from "./file_bytes.ts";

/** A member of an archive. */
export interface ZipMember {
  /** The position of its first byte in the archive. */
  begin: number;
  size: number;
  /** The CRC-32 of its bytes; PyTorch writes 0 when told not to compute it. */
  crc: number;
}

const endSignature = 0x06054b50;
const end64Signature = 0x06064b50;
const locatorSignature = 0x07064b50;
const memberSignature = 0x02014b50;
const localSignature = 0x04034b50;
/** In a 32-bit field: "see the zip64 field". */
const inZip64 = 0xffffffff;

/**
 * Lists the members of a zip archive.
 *
 * @throws where there is no directory (a truncated archive has lost it), where it contradicts the file, and on
 * compressed or encrypted members.
 */
export function readZipDirectory(file: FileBytes): Map<string, ZipMember> {
  const { position, size } = findDirectory(file);
  if (position + size > file.size) {
    throw new UserError("its zip directory points past its end: it is truncated or corrupt");
  }
  const directory = viewOf(file, position, size);
  const members = new Map<string, ZipMember>();
  for (let at = 0; at < size;) {
    if (at + 46 > size || directory.getUint32(at, true) !== memberSignature) {
      throw new UserError("its zip directory is corrupt");
    }
    const nameLength = directory.getUint16(at + 28, true);
    const extraLength = directory.getUint16(at + 30, true);
    const next = at + 46 + nameLength + extraLength + directory.getUint16(at + 32, true);
    if (next > size) throw new UserError("its zip directory is corrupt");
    const name = new TextDecoder().decode(new Uint8Array(directory.buffer, at + 46, nameLength));
    const member = readMember(file, directory, at, at + 46 + nameLength, extraLength, name);
    if (members.has(name)) throw new UserError(`its zip directory lists ${name} twice`);
    members.set(name, member);
    at = next;
  }
  return members;
}

function readMember(
  file: FileBytes,
  directory: DataView,
  at: number,
  extraAt: number,
  extraLength: number,
  name: string,
): ZipMember {
  if ((directory.getUint16(at + 8, true) & 1) !== 0) throw new UserError(`its member ${name} is encrypted`);
  if (directory.getUint16(at + 10, true) !== 0) {
    throw new UserError(
      `its member ${name} is compressed, which torch.save never does; zip it again without (zip -0 -r)`,
    );
  }
  let size = directory.getUint32(at + 24, true);
  let localAt = directory.getUint32(at + 42, true);
  if (size === inZip64 || localAt === inZip64) {
    let field = zip64Field(directory, extraAt, extraLength, name);
    if (size === inZip64) {
      size = uint64(directory, field);
      field += 8;
    }
    if (directory.getUint32(at + 20, true) === inZip64) field += 8; // the packed size: the same
    if (localAt === inZip64) localAt = uint64(directory, field);
  }
  const truncated = `its member ${name} lies past its end: it is truncated or corrupt`;
  if (localAt + 30 > file.size) throw new UserError(truncated);
  const local = viewOf(file, localAt, 30);
  if (local.getUint32(0, true) !== localSignature) {
    throw new UserError(`its zip directory is wrong about where ${name} lies`);
  }
  const begin = localAt + 30 + local.getUint16(26, true) + local.getUint16(28, true);
  if (begin + size > file.size) throw new UserError(truncated);
  return { begin, size, crc: directory.getUint32(at + 16, true) };
}

/** The position of the zip64 sizes and offset among a member's extra fields. */
function zip64Field(directory: DataView, extraAt: number, extraLength: number, name: string): number {
  for (let at = extraAt; at + 4 <= extraAt + extraLength;) {
    if (directory.getUint16(at, true) === 1) return at + 4;
    at += 4 + directory.getUint16(at + 2, true);
  }
  throw new UserError(`its member ${name} lacks its zip64 sizes: it is corrupt`);
}

/** Where the directory lies, told by the record at the archive's end. */
function findDirectory(file: FileBytes): { position: number; size: number } {
  const tailLength = Math.min(file.size, 22 + 0xffff);
  const tailAt = file.size - tailLength;
  const tail = viewOf(file, tailAt, tailLength);
  for (let at = tailLength - 22; at >= 0; at--) {
    if (tail.getUint32(at, true) !== endSignature || at + 22 + tail.getUint16(at + 20, true) !== tailLength) {
      continue;
    }
    const size = tail.getUint32(at + 12, true);
    const position = tail.getUint32(at + 16, true);
    const locatorAt = tailAt + at - 20;
    if (locatorAt >= 0) {
      const locator = viewOf(file, locatorAt, 20);
      if (locator.getUint32(0, true) === locatorSignature) return findDirectory64(file, uint64(locator, 8));
    }
    return { position, size };
  }
  throw new UserError("it has no zip directory at its end: it is truncated");
}

function findDirectory64(file: FileBytes, recordAt: number): { position: number; size: number } {
  const record = recordAt + 56 <= file.size ? viewOf(file, recordAt, 56) : null;
  if (record?.getUint32(0, true) !== end64Signature) {
    throw new UserError("its zip64 directory is not where it should be");
  }
  return { size: uint64(record, 40), position: uint64(record, 48) };
}

function uint64(view: DataView, at: number): number {
  if (at + 8 > view.byteLength) throw new UserError("its zip directory is corrupt");
  return Number(view.getBigUint64(at, true));
}

function viewOf(file: FileBytes, position: number, length: number): DataView {
  const bytes = new Uint8Array(length);
  file.readInto(bytes, position);
  return new DataView(bytes.buffer);
}
