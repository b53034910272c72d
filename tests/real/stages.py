# Boots a disk under OVMF, and reads from the serial line which stages ran and
# what stopped them. A boot is cut off when its outcome has been seen.
import os
import re
import selectors
import struct
import subprocess
import time
import uuid

from boots import run

PATIENCE = 150      # seconds for a boot, beside all the other tests
GLOBAL = uuid.UUID('8be4df61-93ca-11d2-aa0d-00e098032b8c').bytes_le
PARTITION = uuid.UUID('6b657966-6974-4000-8000-636861696e31')
START, UNIT = 2048, 512

# What is seen, and what it means. Words of boot loaders are their own; GRUB's
# script and the entries of systemd-boot say "keyfit".
MARKS = (
    ('load', r'BdsDxe: loading Boot(\w{4})'),
    ('refused', r'BdsDxe: failed to load Boot(\w{4}) .{0,200}?'
     r': (Access Denied|Not Found|Load Error|Unsupported|Security Violation)'),
    ('start', r'BdsDxe: starting Boot(\w{4})'),
    ('returned', r'BdsDxe: failed to start Boot(\w{4})'),
    ('nothing', r'BdsDxe: No bootable option'),
    ('fallback', r'System BootOrder not found|Setting BootOrder|'
     r'Creating boot entry'),
    ('fallback-fails', r'(LoadImage|StartImage) failed: '),
    ('violation', r'Verification failed'),
    ('mokmanager', r'Perform MOK management|Shim UEFI key management'),
    ('no-mokmanager', r'Failed to (open|load|start) \S*mmx64|mmx64\S* - Not'),
    ('grub', r'keyfit: GRUB runs'),
    ('grub-error', r'error: .{0,120}?\.|you need to load the kernel first'),
    ('any-key', r'Press any key to continue'),
    ('menu', r'keyfit menu'),
    ('systemd-boot', r'keyfit entry'),
    ('loader-error', r'Error (loading|starting)'),
    ('off', r'qemu_system_shutdown_request reason=6'),
    ('linux', r'EFI stub: |Linux version \d'),
)


def make_disk(path, files):
    """A GPT disk with one EFI system partition. Files by their places."""
    size = sum(os.path.getsize(f) for f in files.values())
    units = (size + (48 << 20)) // UNIT
    with open(path, 'wb') as f:
        f.truncate((START + units + START) * UNIT)
    subprocess.run(
        ['sfdisk', '-q', path], check=True, text=True,
        input='label: gpt\nstart=%d, size=%d, type=U, uuid=%s\n' % (
            START, units, PARTITION))
    fat = '%s@@%d' % (path, START * UNIT)
    run('mformat', '-i', fat, '-T', str(units), '-F', '::')
    folders = {'/'.join(name.split('/')[:n]) for name in files
               for n in range(1, name.count('/') + 1)}
    for folder in sorted(folders):
        run('mmd', '-i', fat, '::' + folder)
    for name, source in files.items():
        run('mcopy', '-i', fat, source, '::' + name)
    return units


def node(kind, subtype, data):
    return struct.pack('<BBH', kind, subtype, 4 + len(data)) + data


def text(words):
    return words.encode('utf-16-le') + b'\0\0'


def boot_option(label, place, units, active=True, data=None):
    """EFI_LOAD_OPTION. Source: UEFI 2.10, 3.1.3; device paths, 10.3.5."""
    path = node(4, 1, struct.pack('<IQQ16sBB', 1, START, units,
                                  PARTITION.bytes_le, 2, 2)) + \
        node(4, 4, text(place)) + node(0x7f, 0xff, b'')
    return struct.pack('<IH', int(active), len(path)) + text(label) + path + \
        (text(data) if data else b'')


def add_variables(path, values):
    """Adds variables behind those of an OVMF variable store. Source: edk2,
    MdeModulePkg/Include/Guid/VariableFormat.h."""
    with open(path, 'rb') as f:
        store = bytearray(f.read())
    at = struct.unpack_from('<H', store, 48)[0] + 28
    while store[at:at + 2] == b'\xaa\x55':
        name, data = struct.unpack_from('<II', store, at + 36)
        at = (at + 60 + name + data + 3) & ~3
    for name, data in values.items():
        head = struct.pack('<HBBIQ16xIII16s', 0x55aa, 0x3f, 0, 7, 0, 0,
                           len(text(name)), len(data), GLOBAL)
        whole = head + text(name) + data
        store[at:at + len(whole)] = whole
        at = (at + len(whole) + 3) & ~3
    with open(path, 'wb') as f:
        f.write(store)


class Seen:
    """What was seen so far, in order; `done` when nothing more is asked: what
    the firmware tries behind the options that were given is its own."""
    def __init__(self, num_options):
        self.num_options = num_options
        self.text, self.at, self.events, self.done = '', 0, [], False
        self.reply = None

    def hear(self, raw):
        self.text = re.sub(r'\x1b\[[0-9;?=]*[a-zA-Z]|[^ -~\n]+', '',
                           raw.decode('latin-1'))
        found = []
        for name, words in MARKS:
            for m in re.finditer(words, self.text[self.at:], re.S):
                found.append((self.at + m.start(), self.at + m.end(), name,
                              m.groups()))
        for _, end, name, groups in sorted(found):
            if end > self.at:
                self.at = end
                self.take(name, groups)

    def has(self, name):
        return any(e[0] == name for e in self.events)

    def is_own(self, number):
        if self.num_options:
            return int(number, 16) > self.num_options
        return [e[0] for e in self.events].count('load') > 1

    def take(self, name, groups):
        before = self.events[-1][0] if self.events else None
        if name == before and name in ('fallback', 'violation', 'linux',
                                       'grub-error', 'mokmanager', 'menu',
                                       'loader-error'):
            return
        self.events.append((name,) + tuple(groups))
        if name in ('linux', 'nothing', 'mokmanager', 'fallback-fails', 'off') or (
                name == 'load' and self.is_own(groups[0])):
            self.done = True
        if name == 'menu' and self.has('grub-error'):
            self.done = True
        # shim and GRUB wait for a key.
        if name in ('violation', 'any-key'):
            self.reply = b'\r'


def boot(folder, code, num_options=0, memory=512):
    """What was seen, and all that came over the serial line. The disk and
    the variables lie in the folder."""
    seen, raw = Seen(num_options), b''
    until = time.monotonic() + PATIENCE
    with subprocess.Popen(
            ['qemu-system-x86_64', '-nodefaults', '-no-user-config',
             '-machine', 'q35,smm=on,accel=tcg', '-m', str(memory),
             '-display', 'none', '-vga', 'none', '-nic', 'none',
             '-no-reboot', '-global',
             'driver=cfi.pflash01,property=secure,value=on', '-drive',
             'if=pflash,format=raw,unit=0,readonly=on,file=' + code,
             '-drive', 'if=pflash,format=raw,unit=1,file=%s/vars' % folder,
             '-drive', 'if=none,id=disk,format=raw,readonly=on,file=%s/disk' % folder,
             '-device', 'virtio-blk-pci,drive=disk', '-serial', 'stdio',
             # A machine that is turned off says so; one that is reset ends.
             '-trace', 'qemu_system_shutdown_request'],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT) as qemu, \
            selectors.DefaultSelector() as ready:
        ready.register(qemu.stdout, selectors.EVENT_READ)
        while not seen.done and time.monotonic() < until:
            if not ready.select(1):
                if seen.reply:
                    os.write(qemu.stdin.fileno(), seen.reply)
                    seen.reply = None
                continue
            some = os.read(qemu.stdout.fileno(), 65536)
            if not some:
                seen.events.append(('ended',))
                break
            raw += some
            seen.hear(raw)
        else:
            if not seen.done:
                seen.events.append(('late',))
        qemu.kill()
    return seen, raw
