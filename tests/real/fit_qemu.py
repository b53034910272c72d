# Asks U-Boot in QEMU about many FIT images in one boot: they lie in memory,
# bootm start is typed at the console, and what it prints is the answer.
import os
import re
import select
import subprocess
import time

IMAGES, TREES, SPOT = 0x50000000, 0x48000000, 0x4c000000
SLOT, TREE_SLOT = 0x1000, 0x10000
PROMPT = b'=> '

# What the console says, and the reason that this is. The first one in the
# order of the output counts.
WORDS = (
    ('Wrong Image Format', 'fit-malformed'),
    ('Wrong Image Type', 'fit-malformed'),
    ('Bad FIT kernel image format', 'fit-malformed'),
    ('Could not find configuration node', 'configuration-missing'),
    ("Verification failed for '", 'signature'),
    ("No 'signature' subnode found", 'required-signature-missing'),
    ('Unknown signature algorithm for', 'key-algorithm-unsupported'),
    ("Can't get hash algo property for", 'malformed'),
    ("Can't get hash value property for", 'malformed'),
    ('Total size too large', 'signature-malformed'),
    ('Failed to build hash node list', 'image-not-covered'),
    ('Failed to hash configuration', 'image-not-covered'),
    ('Too many hash regions', 'image-not-covered'),
    ("Can't get hashed-nodes property", 'image-not-covered'),
    ('hashed-nodes property must be', 'image-not-covered'),
    ('Number of hashed nodes exceeds', 'image-not-covered'),
    ('Selected config not in hashed nodes', 'image-not-covered'),
    ('Strings region is out of bounds', 'image-not-covered'),
    ('Invalid hashed-strings', 'image-not-covered'),
    ('Failed to verify required signature', 'required'),
    ('Unable to verify required signature', 'required'),
    ('Bad hash value', 'image-hash-mismatch'),
    ('Unsupported hash algorithm', 'image-hash-unusable'),
    ("Can't get image data/size", 'image-unusable'),
    ('Could not find subimage node', 'image-unusable'),
    ("Can't get", 'image-unusable'),
    ('Bad Linux ARM64 Image magic', 'image-unusable'),
    ('Subimage data is not a FDT', 'image-unusable'),
    ('config with overlays', 'image-unusable'),
    ('Error decompressing', 'image-unusable'),
    ('Unimplemented compression type', 'image-unusable'),
    ('uncompress error', 'image-unusable'),
    ('Image too large', 'image-unusable'),
    ('Failed to prep arm64 kernel', 'image-unusable'),
    ('corrupt or invalid', 'image-unusable'),
    ('Could not find a valid device tree', 'image-unusable'),
    ("can't get kernel image", 'image-unusable'),
)
SAME = {
    'signature': ('required-signature-invalid', 'key-algorithm-mismatch',
                  'key-unusable'),
    'required': ('required-signature-invalid', 'required-signature-missing',
                 'key-algorithm-mismatch', 'key-unusable',
                 'key-algorithm-unsupported', 'signature-malformed'),
    'malformed': ('signature-malformed', 'image-hash-unusable'),
    'crash': ('verifier-fault', 'image-hash-mismatch',
              'image-not-covered', 'configuration-missing',
              'image-unusable'),
}


def same_reason(console, slug):
    return slug in SAME.get(console, (console,))


def reason_of(said):
    """The reason that the console tells, None where it tells none. Keys that
    failed in front of one that did not are none."""
    said = said[max(0, said.rfind(' OK\n')):]
    found = [(said.index(word), i) for i, (word, _) in enumerate(WORDS)
             if word in said]
    no_image = re.search(r'No .* Image', said)
    if no_image:
        found.append((no_image.start(), -1))
    if not found:
        return None
    first = min(found)[1]
    return 'image-unusable' if first < 0 else WORDS[first][1]


class Board:
    """U-Boot in QEMU. `images` are the bytes of all files, each at a multiple
    of SLOT; `trees` the control device trees."""
    def __init__(self, bios, folder, base, images, trees, more=()):
        self.bios, self.folder, self.more = bios, folder, list(more)
        self.tree = None
        for name, data in (('base.dtb', base), ('images', images),
                           ('trees', b''.join(
                               t[:TREE_SLOT].ljust(TREE_SLOT, b'\0')
                               for t in trees))):
            with open(os.path.join(folder, name), 'wb') as file:
                file.write(data or b'\0')
        self.sizes = [len(t.rstrip(b'\0')) + 64 for t in trees]
        self.running = None
        self.boots = self.crashes = 0
        self.log = open(os.path.join(folder, 'console'), 'ab')

    def path(self, name):
        return os.path.join(self.folder, name)

    def start(self):
        words = ['qemu-system-aarch64', '-machine', 'virt', '-cpu',
                 'cortex-a57', '-m', '1G', '-display', 'none', '-monitor',
                 'none', '-serial', 'stdio', '-net', 'none', '-no-reboot',
                 '-bios', self.bios, '-dtb', self.path('base.dtb')]
        for name, at in (('images', IMAGES), ('trees', TREES)):
            words += ['-device', 'loader,file=%s,addr=0x%x,force-raw=on' % (
                self.path(name), at)]
        self.running = subprocess.Popen(words + self.more,
                                        stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE,
                                        stderr=subprocess.DEVNULL)
        self.buffer = b''
        self.tree = None
        self.boots += 1
        self.until(b'autoboot:')
        self.type('\n')
        banner = self.until(PROMPT)
        said = self.ask('printenv fdtcontroladdr')
        self.control = int(re.search(r'fdtcontroladdr=(\w+)', said)[1], 16)
        self.version = self.ask('version').strip().split('\n')[0]
        return banner

    def stop(self):
        if self.running:
            self.running.kill()
            self.running.wait()
            self.running.stdin.close()
            self.running.stdout.close()
        self.running = None

    def type(self, line):
        self.running.stdin.write(line.encode())
        self.running.stdin.flush()

    def until(self, mark, seconds=60):
        """Reads up to a mark. Fails: EOFError, when U-Boot went away or says
        nothing any more."""
        end = time.monotonic() + seconds
        while mark not in self.buffer:
            left = end - time.monotonic()
            if left <= 0:
                raise EOFError('hangs')
            if not select.select([self.running.stdout], [], [], left)[0]:
                continue
            some = os.read(self.running.stdout.fileno(), 1 << 16)
            if not some:
                raise EOFError('crash')
            self.log.write(some)
            self.buffer += some
        at = self.buffer.index(mark) + len(mark)
        said, self.buffer = self.buffer[:at], self.buffer[at:]
        return said

    def ask(self, command, seconds=60):
        self.type(command + '; echo RC=$?@\n')
        said = self.until(b'@\r\n' + PROMPT, seconds)
        said = said.decode('latin1').replace('\r', '')
        return said.split('\n', 1)[1] if '\n' in said else said

    def judge(self, at, tree, configuration=None, copy=None, seconds=8,
              loads=False):
        """Returns ('accept', None) or ('reject', reason), and the output.
        `loads`: up to where the kernel is loaded, which resets the board
        where that fails."""
        try:
            if not self.running:
                self.start()
            if self.tree != tree:
                self.ask('cp.b %x %x %x' % (TREES + tree * TREE_SLOT,
                                            self.control, self.sizes[tree]))
                self.tree = tree
            spot = IMAGES + at
            if copy:
                size, filler = copy
                spot = SPOT
                self.ask('mw.b %x %x %x; cp.b %x %x %x' % (
                    SPOT, filler, size + 0x8000, IMAGES + at, SPOT, size))
            said = self.ask('bootm start %x%s%s' % (
                spot, '#' + configuration if configuration else '',
                ' && bootm loados' if loads else ''), seconds)
        except (EOFError, BrokenPipeError) as gone:
            self.stop()
            self.crashes += 1
            return ('reject', 'crash'), str(gone)
        if 'RC=0' in said:
            return ('accept', None), said
        return ('reject', reason_of(said)), said
