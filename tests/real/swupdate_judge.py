"""What keyfit says of a case, and whether that is what SWUpdate says."""
import json
import subprocess

# SWUpdate has one line for what is wrong with a chain, and wolfSSL says nothing
# of a signature's dates and of what it does not find.
CHAIN_REASONS = ('chain-issuer-missing', 'chain-not-to-root',
                 'chain-root-not-trusted', 'chain-expired', 'anchor-expired',
                 'chain-not-yet-valid', 'purpose-not-allowed',
                 'chain-refused', 'anchor-rejects-use')
CMS_REASONS = ('chain-issuer-missing', 'chain-not-to-root',
               'chain-root-not-trusted', 'chain-expired', 'anchor-expired',
               'chain-not-yet-valid', 'purpose-not-allowed', 'chain-refused',
               'anchor-rejects-use', 'signer-certificate-missing',
               'digest-mismatch', 'signature-invalid', 'signature-malformed',
               'key-algorithm-unsupported')


def judge(keyfit, case, folder):
    """keyfit's verdict and reason."""
    words = [keyfit, 'check', case['swu'], '--json', '--rules',
             case['profile'], '--trust', 'key=' + (case.get('key') or 'none'),
             '--trust', 'sw-versions=' + case.get('sw-versions', 'none')]
    for name, value in case.get('set', {}).items():
        words += ['--set', '%s=%s' % (name, value)]
    if case.get('at'):
        words += ['--at', '@' + case['at']]
    if 'decryption-key' not in case.get('set', {}):
        words += ['--set', 'decryption-key=none']
    said = subprocess.run(words, cwd=folder, capture_output=True, text=True)
    if said.returncode not in (0, 1, 3):
        return 'fault', said.stderr.strip(), ''
    line = json.loads(said.stdout.splitlines()[0])
    return line['verdict'], line['reason'], line['rule'] or ''


def same(real, ours, case):
    """A log that tells no reason leaves it open."""
    if real[0] != ours[0]:
        return False
    # Of an archive that ends too early SWUpdate says what its memory makes of
    # the next header.
    if case['rule'] in ('cut', 'drop') and ours[1] in (
            'archive-malformed', 'archive-order', 'signature-missing'):
        return True
    return real[1] is None or case.get('unsaid') or real[1] == ours[1] or (
        real[1] == 'cms' and ours[1] in CMS_REASONS) or (
        real[1] == 'chain' and ours[1] in CHAIN_REASONS)
