# Changes of what a bundle's signature covers: the payload, the manifest, the
# signed attributes, the signature itself and the certificates that lead to the
# keyring. None of them may be accepted.
import os
import subprocess

import raucb
from rauc_world import config


def inside(data, at):
    """Where the elements within an element stand: tag, place, end."""
    _, _, end = raucb.element(data, at)
    start = end - len(raucb.element(data, at)[1])
    while start < end:
        tag, _, stop = raucb.element(data, start)
        yield tag, start, stop
        start = stop


def body(data, at):
    _, inner, end = raucb.element(data, at)
    return end - len(inner), len(inner)


def signature_of(cms):
    """Of a CMS: its content, signed attributes, signature values, and the
    certificates, as places and lengths of what is in them."""
    signed = [at for _, at, _ in inside(cms, list(inside(cms, 0))[1][1])][0]
    found = []
    for tag, at, _ in inside(cms, signed):
        if tag == 0x30:         # encapContentInfo
            parts = list(inside(cms, at))
            if len(parts) > 1:
                found.append(body(cms, list(inside(cms, parts[1][1]))[0][1]))
        elif tag == 0xa0:       # certificates
            found += [body(cms, cert) for _, cert, _ in inside(cms, at)]
        elif tag == 0x31 and list(inside(cms, at))[0][0] == 0x30 and \
                at + (raucb.element(cms, at)[2] - at) == \
                raucb.element(cms, signed)[2]:      # signerInfos
            for _, info, _ in inside(cms, at):
                found += signer_of(cms, info)
    return found


def signer_of(cms, info):
    """Of a SignerInfo: its signature, and its signed attributes but for the
    tags of their sets. OpenSSL writes these anew before it verifies them, so
    that one with its bit of form cleared passes; rauc_cases asks RAUC."""
    found = []
    for kind, part, _ in inside(cms, info):
        if kind == 0x04:
            found.append(body(cms, part))
        elif kind == 0xa0:
            for _, at, _ in inside(cms, part):
                (_, name, end), (_, values, _) = inside(cms, at)
                found += [(name, end - name), body(cms, values)]
    return found


def regions(data, payload=None):
    """What is covered of a bundle. `payload`: how much of its front."""
    size = int.from_bytes(data[-8:], 'big')
    start = len(data) - 8 - size
    found = [(start + at, size) for at, size in
             signature_of(data[start:-8])]
    front = start if payload is None else payload
    return ([(0, front)] if front else []) + found


def cases(world):
    """Name, bundle, system.conf, stage, and how much of the payload counts:
    `rauc info` does not look at that of a verity bundle, and an installation
    not behind the last hash of a level."""
    chained = world.verity('ileaf', certs=('inter',))
    plain = world.verity(more=('-noattr',))
    hashes = 2 * 32
    return [
        ('plain', world.plain(), config(), 'info', None),
        ('plain, installed', world.plain('rsa'), config(), 'install', None),
        ('verity', world.verity(), config(), 'info', 0),
        ('verity, extracted', world.verity(), config(), 'extract', None),
        ('verity, installed', world.verity('rsa'), config(), 'install',
         8192 + hashes),
        ('a chain', chained, config(), 'info', 0),
        ('no attributes', plain, config(), 'extract', None),
        ('code signing', world.verity('use-code'), config(
            'path=keyring.pem\ncheck-purpose=codesign\n'), 'info', 0),
        ('lists', world.verity(), config(
            'path=keyring.pem\ncheck-crl=true\n'), 'info', 0),
    ]


def ask(program, world, folder, number, profile, seed=1):
    """Counts of all: refused, accepted, open, faults; and what was shown."""
    total, lines = [0, 0, 0, 0], []
    ring = world.pem('root') + raucb.read(world.path('good.crl.pem'))
    each = number // len(cases(world))
    os.makedirs(folder, exist_ok=True)
    raucb.write(os.path.join(folder, 'keyring.pem'), ring)
    for name, data, conf, stage, payload in cases(world):
        raucb.write(os.path.join(folder, 'bundle.raucb'), data)
        raucb.write(os.path.join(folder, 'system.conf'), conf)
        places = ','.join('%d+%d' % r for r in regions(data, payload))
        done = subprocess.run(
            [program, 'bundle.raucb', places, profile, str(seed * 10 ** 9),
             str(each), 'trust', 'config=system.conf', 'set',
             'stage=' + stage], cwd=folder, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE)
        said = done.stdout.decode().split()
        if done.returncode or len(said) != 4:
            return None, ['%s: %s' % (name, done.stderr.decode())]
        total = [a + int(b) for a, b in zip(total, said)]
        lines += ['%s: %s' % (name, line)
                  for line in done.stderr.decode().splitlines()]
    return total, lines
