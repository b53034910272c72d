# Whether a signature that nobody has made would do: keyfit is asked about bundles
# that a stranger has signed, as if somebody else had (--signed-by), and the real
# RAUC about bundles that somebody else did sign.
import copy
import os

import raucb


def signed_by(world, case):
    """The same question about a stranger's bundle, and who is to sign it; None:
    it was not signed in an ordinary way."""
    data = case.bundle
    size = int.from_bytes(data[-8:], 'big')
    made = world.signed.get(data[-8 - size:-8])
    # With use-bundle-signing-time it matters when somebody signs.
    if not made or case.rule == 'RAUC-9' or \
            'use-bundle-signing-time' in case.conf:
        return None
    content, signer, how = made
    if set(how.get('more', ())) & {'-signer', '-nocerts', '-certfile'}:
        return None
    if how.get('detached') and content != data[:-8 - size]:
        return None     # who signs anew signs what is there
    other = copy.copy(case)
    other.bundle = raucb.bundle(data[:-8 - size], world.cms(
        content, 'stranger', detached=how.get('detached', False)))
    other.signer = world.pem(signer, *how.get('certs', ()))
    return other


def lay_out(world, case, folder):
    """Lays the question out. Fails: False, where there is none."""
    other = signed_by(world, case)
    if not other:
        return False
    other.lay_out(folder)
    raucb.write(os.path.join(folder, 'signer.pem'), other.signer)
    return True
