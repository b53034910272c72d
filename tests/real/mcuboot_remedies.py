# What keyfit's remedies make of a case: another image, or another device.
import copy
import struct

import mcuboot_image as mi
from mcuboot_image import Image


def parts(data):
    """Header length, payload, and the entries of the protected area."""
    head_len, total, size = struct.unpack_from('<HHI', data, 8)
    at, end = head_len + size + 4, head_len + size + total
    entries = []
    while at < end:
        kind, n = struct.unpack_from('<HH', data, at)
        entries.append((kind, data[at + 4:at + 4 + n]))
        at += 4 + n
    return head_len, data[head_len:head_len + size], entries


def left_out(data, remedy):
    at, n = remedy['at'], remedy['length']
    head_len, protected, size = struct.unpack_from('<HHI', data, 8)
    plain = head_len + size + protected
    out = bytearray(data[:at] + data[at + n:])
    total = struct.unpack_from('<H', out, plain + 2)[0]
    struct.pack_into('<H', out, plain + 2, total - n)
    return bytes(out)


def signed(case, remedy):
    head_len, payload, protected = parts(case.image)
    names = [o.split('=')[0] for o in case.options]
    image = Image(case.signature, names)
    image.load = struct.unpack_from('<I', case.image, 4)[0]
    image.header_len, image.payload = head_len, payload
    image.flags = struct.unpack_from('<I', case.image, 16)[0] & ~0x10
    major, _, rest = remedy['version'].partition('.')
    minor, _, rest = rest.partition('.')
    revision, _, build = rest.partition('+')
    image.version = tuple(int(x or 0) for x in (major, minor, revision,
                                                build))
    image.pad = struct.unpack_from('<I', case.image, 28)[0]
    image.protected = protected
    if 'security-counter' in remedy:
        image.protected = [e for e in protected if e[0] != mi.SEC_CNT] + [
            (mi.SEC_CNT, struct.pack('<I', int(remedy['security-counter'])))]
    pure = [(mi.PURE, b'\1')] if 'SIGN_PURE' in names else []
    image.plain = [image.digest_entry()] + pure + image.signed(
        case.keys[remedy['key'] - 1])
    assert (remedy['key-form'] == 'full') == ('HW_KEY' in names)
    return image.bytes()


def remedied(case, remedy):
    """The case after a remedy. None: it cannot be carried out here."""
    out = copy.copy(case)
    if remedy['kind'] == 'leave-out':
        out.image = left_out(case.image, remedy)
    elif remedy['kind'] == 'sign-image':
        out.image = signed(case, remedy)
    elif remedy['setting'] == 'slot-size':
        out.slot = int(remedy['value'])
    else:
        out.other = remedy['value']
    out.name = f'{case.name}/{remedy["kind"]}'
    return out
