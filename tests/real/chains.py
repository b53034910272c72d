# What the test of whole chains boots: disks with Debian's boot loaders, stores,
# boot options; files that the test signs with keys of its own.
import glob
import os
import re
import struct
import subprocess
import uuid

import changes
import ovmf
from boots import run
from changes import contents, entry
from stages import boot_option

FIRST, SECOND = 'EFI/BOOT/BOOTX64.EFI', 'EFI/BOOT/grubx64.efi'
DEBIAN, KERNEL = 'EFI/debian/', 'vmlinuz'
MANAGER = 'EFI/BOOT/mmx64.efi'
SVN_OWNER = uuid.UUID('9d132b6c-59d5-4388-ab1c-185cfcb2eb92').bytes_le
PACKAGES = changes.DEBIAN + (
    ('mm', 'usr/lib/shim/mmx64.efi.signed', 'shim-helpers-amd64-signed'),
    ('fb', 'usr/lib/shim/fbx64.efi.signed', 'shim-helpers-amd64-signed'),
    ('sdboot', 'usr/lib/systemd/boot/efi/systemd-bootx64.efi',
     'systemd-boot-efi'),
    ('stub', 'usr/lib/systemd/boot/efi/linuxx64.efi.stub',
     'systemd-boot-efi'))
ARGUMENTS = 'console=ttyS0 earlyprintk=ttyS0'
GRUB = '''set timeout=0
set pager=0
set gfxpayload=text
echo "keyfit: GRUB runs"
menuentry "keyfit menu" {
	linux /vmlinuz %s
	boot
}
''' % ARGUMENTS
CSV = '%s,%s,,of the test\n'


def bare(files, out, source):
    """A copy without its signatures."""
    files.put(out, contents(files.path[source]))
    while subprocess.run(['sbattach', '--remove', files.path[out]],
                         capture_output=True).returncode == 0 and \
            table_of(contents(files.path[out]))[1]:
        pass


def table_of(data):
    """The certificate table: where, how long."""
    pe = struct.unpack_from('<I', data, 0x3c)[0]
    return struct.unpack_from('<II', data, pe + 168)


def signed_digest(files, name):
    """The digest that the first signature covers, as openssl shows it."""
    blob = os.path.join(files.folder, name + '.p7')
    run('sbattach', '--detach', blob, files.path[name])
    said = run('openssl', 'asn1parse', '-inform', 'DER', '-in', blob)
    return bytes.fromhex(re.search(
        r'OCTET STRING +\[HEX DUMP\]:([0-9A-F]{64})\n',
        said.decode()).group(1))


def make_uki(files):
    """An image of systemd's stub, as its manual page shows it with objcopy."""
    files.put('osrel', b'ID=keyfit\nVERSION_ID=1\n')
    files.put('cmdline', ARGUMENTS.encode())
    files.path['uki'] = os.path.join(files.folder, 'uki')
    words = []
    for name, source, at in (('.osrel', 'osrel', 0x20000),
                             ('.cmdline', 'cmdline', 0x30000),
                             ('.linux', 'kernel', 0x2000000)):
        words += ['--add-section', '%s=%s' % (name, files.path[source]),
                  '--change-section-vma', '%s=%#x' % (name, at)]
    run('objcopy', *words, files.path['stub'], files.path['uki'])
    data = contents(files.path['uki'])
    files.put('uki-odd', data[:-1] if len(data) % 8 == 0 else data)
    # What signs pads to a multiple of 8, and the digest is another one.
    files.put('uki', data + bytes(-len(data) % 8))


def make_files(files):
    """Fails: says why."""
    for name, path, package in PACKAGES:
        for suite, end in (('bookworm', ''), ('trixie', '-13')):
            folder, trouble = ovmf.fetch(package, suite)
            found = glob.glob(os.path.join(folder or '/none', path))
            if not found:
                return trouble or 'no ' + path
            files.take(name + end, found[0], '%s %s' % (package, suite))
    changes.make_keys(files)
    for name in ('shim', 'grub', 'grub-13', 'kernel', 'kernel-13', 'fb'):
        bare(files, name + '-bare', name)
    make_uki(files)
    for out, source, key in (
            ('shim-own', 'shim-bare', 'own'), ('grub-own', 'grub-bare', 'own'),
            ('grub-mok', 'grub-bare', 'mok'),
            ('grub-mok-13', 'grub-13-bare', 'mok'),
            ('kernel-own', 'kernel-bare', 'own'),
            ('kernel-mok', 'kernel-bare', 'mok'),
            ('kernel-mok-13', 'kernel-13-bare', 'mok'),
            ('sdboot-own', 'sdboot', 'own'), ('sdboot-mok', 'sdboot', 'mok'),
            ('uki-own', 'uki', 'own'), ('uki-mok', 'uki', 'mok')):
        changes.sign(files, out, files.path[source], key)
    data = bytearray(contents(files.path['kernel']))
    data[len(data) // 2] ^= 1
    files.put('kernel-damaged', bytes(data))
    files.put('grub.cfg', GRUB.encode())
    files.put('csv', (CSV % ('shimx64.efi', 'debian')).encode('utf-16'))
    files.put('csv-gone', (CSV % ('gone.efi', 'debian')).encode('utf-16'))
    files.put('entry', ('title keyfit entry\nlinux /vmlinuz\noptions %s\n' %
                        ARGUMENTS).encode())
    files.put('loader.conf', b'timeout 0\n')
    return None


class Case:
    """`parts`: variables; `options`: what is in Boot####, as (place, active,
    data); `order` of them, `next`: BootNext. `fresh`: booted in every run, at
    the firmware of that year."""
    def __init__(self, name, disk, parts, secure_boot='on', options=(),
                 order=(), then=None, fresh='', memory=512):
        self.name, self.disk, self.parts = name, disk, parts
        self.secure_boot, self.options, self.order = secure_boot, options, \
            order
        self.next, self.fresh, self.memory = then, fresh, memory

    def variables(self, units):
        out = {}
        for number, (place, active, data) in enumerate(self.options, 1):
            out['Boot%04X' % number] = boot_option(
                'of the test', place, units, active, data)
        if self.order:
            out['BootOrder'] = struct.pack('<%dH' % len(self.order),
                                           *self.order)
        if self.next:
            out['BootNext'] = struct.pack('<H', self.next)
        return out


class Making:
    """What cases are made of."""
    def __init__(self, files):
        self.files, self.cases = files, []
        self.own = self.cert('own')
        self.both = self.own + self.cert('uefi-ca-2011') + \
            self.cert('uefi-ca-2023')
        self.one = self.own + self.cert('uefi-ca-2011')

    def cert(self, name):
        return changes.certificate(self.files, name)

    def digest(self, name):
        return entry(changes.SHA256, signed_digest(self.files, name))

    def add(self, name, parts=None, disk=None, **more):
        """A disk of Debian's shim, GRUB and kernel, but for `disk`; a file that
        is None is not there."""
        all_parts = {'pk': self.own, 'kek': self.own, 'db': self.one,
                     'dbx': b'', 'dbt': b''}
        all_parts.update(parts or {})
        files = {FIRST: 'shim', SECOND: 'grub', KERNEL: 'kernel',
                 DEBIAN + 'grub.cfg': 'grub.cfg'}
        files.update(disk or {})
        self.cases.append(Case(name, {p: n for p, n in files.items() if n},
                               all_parts, **more))


def of_the_firmware(m):
    ca_2011, ca_2023 = m.cert('uefi-ca-2011'), m.cert('uefi-ca-2023')
    bare_all = {SECOND: 'grub-bare', KERNEL: 'kernel-bare'}
    m.add('Secure Boot off', secure_boot='off')
    m.add('Secure Boot off, nothing signed', secure_boot='off',
          disk=dict(bare_all, **{FIRST: 'shim-bare'}))
    m.add('db: 2011', fresh='2025.02')
    m.add('db: 2023', {'db': m.own + ca_2023})
    m.add('db: both', {'db': m.both})
    m.add('db: neither', {'db': m.own}, fresh='2022.11')
    m.add('db: own, shim signed with it', {'db': m.own}, {FIRST: 'shim-own'})
    m.add('shim unsigned', disk={FIRST: 'shim-bare'}, fresh='2025.02')
    m.add('dbx: digest of shim', {'dbx': m.digest('shim')})
    m.add('dbx: 2011', {'db': m.both, 'dbx': ca_2011}, fresh='2022.11')
    m.add('dbx: 2023', {'db': m.both, 'dbx': ca_2023})
    m.add('dbx: digest of GRUB', {'dbx': m.digest('grub')}, fresh='2025.02')
    m.add('dbx: digest of the kernel', {'dbx': m.digest('kernel')},
          fresh='2022.11')
    m.add('dbx: digest of a kernel that is not there',
          {'dbx': m.digest('kernel-13')})
    m.add('dbx: versions of Windows', {'dbx': entry(
        changes.SHA256, b'\1' + bytes(31), SVN_OWNER)})


LEVEL = b'sbat,1,%d\nshim,%d\ngrub,%d\n'


def of_shim(m):
    mok = m.cert('mok')
    m.add('SBAT level: older', {'sbat-level': LEVEL % (2022052400, 2, 2)})
    m.add('SBAT level: the newest', {
        'sbat-level': b'sbat,1,2025051000\nshim,4\ngrub,5\ngrub.proxmox,2\n'})
    m.add('SBAT level: revokes shim', {
        'sbat-level': LEVEL % (2035010100, 5, 5)}, fresh='2025.02')
    m.add('SBAT level: revokes GRUB', {
        'sbat-level': LEVEL % (2035010100, 4, 6)}, fresh='2022.11')
    m.add('SBAT level: revokes GRUB, MokManager is there', {
        'sbat-level': LEVEL % (2035010100, 4, 6)}, {MANAGER: 'mm'})
    m.add('SBAT level: revokes GRUB, Secure Boot off', {
        'sbat-level': LEVEL % (2035010100, 4, 6)}, secure_boot='off')
    m.add('MOK: signed GRUB', {'mok': mok}, {SECOND: 'grub-mok'},
          fresh='2022.11')
    m.add('MOK absent: signed GRUB', {}, {SECOND: 'grub-mok'})
    m.add('MOK: signed kernel', {'mok': mok}, {KERNEL: 'kernel-mok'})
    m.add('MOK absent: signed kernel', {}, {KERNEL: 'kernel-mok'})
    m.add('db: signed GRUB and kernel', {}, {SECOND: 'grub-own',
                                             KERNEL: 'kernel-own'})
    m.add('MokDBState: db is ignored', {'mok-db-state': b'\1'},
          {SECOND: 'grub-own'})
    m.add('MokListX: digest of GRUB', {'mokx': m.digest('grub')})
    m.add('MokListX: digest of the kernel', {'mokx': m.digest('kernel')},
          fresh='2025.02')
    m.add('validation off, nothing signed', {'mok-sb-state': b'\1'},
          {SECOND: 'grub-bare', KERNEL: 'kernel-bare'})
    m.add('GRUB unsigned', disk={SECOND: 'grub-bare'})
    m.add('GRUB unsigned, MokManager is there', fresh='2025.02',
          disk={SECOND: 'grub-bare', MANAGER: 'mm'})
    m.add('GRUB missing', disk={SECOND: None}, fresh='2022.11')
    m.add('GRUB is no program', disk={SECOND: 'grub.cfg'})
    m.add('kernel unsigned', disk={KERNEL: 'kernel-bare'}, fresh='2022.11')
    m.add('kernel damaged', disk={KERNEL: 'kernel-damaged'})
    m.add('kernel of Debian 13', disk={KERNEL: 'kernel-13'})


def of_debian_13(m):
    all_of_it = {FIRST: 'shim-13', SECOND: 'grub-13', KERNEL: 'kernel-13'}
    m.add('Debian 13', disk=all_of_it, fresh='2022.11')
    m.add('Debian 13, kernel unsigned',
          disk=dict(all_of_it, **{KERNEL: 'kernel-13-bare'}))
    m.add('Debian 13, kernel in dbx', {'dbx': m.digest('kernel-13')},
          disk=all_of_it, fresh='2025.02')
    m.add('Debian 13, MOK: signed GRUB and kernel', {'mok': m.cert('mok')},
          dict(all_of_it, **{SECOND: 'grub-mok-13',
                             KERNEL: 'kernel-mok-13'}))
    m.add('Debian 13, GRUB unsigned, Secure Boot off', secure_boot='off',
          disk=dict(all_of_it, **{SECOND: 'grub-13-bare',
                                  KERNEL: 'kernel-13-bare'}))


def of_paths(m):
    vendor = {FIRST: 'shim', SECOND: None, 'EFI/BOOT/fbx64.efi': 'fb',
              DEBIAN + 'shimx64.efi': 'shim', DEBIAN + 'grubx64.efi': 'grub',
              DEBIAN + 'BOOTX64.CSV': 'csv'}
    place, other = '\\EFI\\debian\\shimx64.efi', '\\EFI\\other\\shimx64.efi'
    two = dict(vendor, **{'EFI/other/shimx64.efi': 'shim-bare'})
    m.add('fallback', disk=vendor, fresh='2025.02')
    m.add('fallback, and what it names is not there',
          disk=dict(vendor, **{DEBIAN + 'BOOTX64.CSV': 'csv-gone'}))
    m.add('fallback unsigned', disk=dict(vendor, **{
        'EFI/BOOT/fbx64.efi': 'fb-bare'}))
    m.add('options: the first unsigned', disk=two, order=(1, 2),
          options=((other, True, None), (place, True, None)),
          fresh='2022.11')
    m.add('options: the first missing', disk=vendor, order=(1, 2),
          options=((other, True, None), (place, True, None)))
    m.add('options: the first without GRUB', disk=dict(
        two, **{'EFI/other/shimx64.efi': 'shim'}), order=(1, 2),
        options=((other, True, None), (place, True, None)),
        fresh='2025.02')
    m.add('options: the first with an unsigned GRUB', disk=dict(
        two, **{'EFI/other/shimx64.efi': 'shim',
                'EFI/other/grubx64.efi': 'grub-bare'}), order=(1, 2),
        options=((other, True, None), (place, True, None)))
    m.add('options: the first is not active', disk=two, order=(1, 2),
          options=((other, False, None), (place, True, None)))
    m.add('options: BootNext unsigned', disk=two, order=(2, 1), then=1,
          options=((other, True, None), (place, True, None)))
    m.add('options: data names another loader, unsigned', order=(1,),
          disk=dict(vendor, **{DEBIAN + 'mine.efi': 'grub-bare'}),
          options=((place, True, '\\mine.efi'),))
    m.add('options: data names another loader', order=(1,), disk=dict(
        vendor, **{DEBIAN + 'mine.efi': 'grub',
                   DEBIAN + 'grubx64.efi': 'grub-bare'}),
        options=((place, True, '\\mine.efi'),))
    m.add('options: data names what is not there', order=(1,), disk=vendor,
          options=((place, True, '\\mine.efi'),))


def of_systemd(m):
    mok = m.cert('mok')
    boot = {FIRST: 'sdboot-own', SECOND: None, 'loader/loader.conf':
            'loader.conf', 'loader/entries/keyfit.conf': 'entry',
            DEBIAN + 'grub.cfg': None}
    uki = {SECOND: None, KERNEL: None, DEBIAN + 'grub.cfg': None}
    m.add('UKI: signed with db', disk=dict(uki, **{FIRST: 'uki-own'}),
          fresh='2025.02')
    m.add('UKI: unsigned', disk=dict(uki, **{FIRST: 'uki'}))
    m.add('UKI: digest in db', {'db': m.own + m.digest('uki-mok')},
          dict(uki, **{FIRST: 'uki'}))
    m.add('UKI: digest in db, not a multiple of 8', {
        'db': m.own + m.digest('uki-mok')}, dict(uki, **{FIRST: 'uki-odd'}))
    m.add('systemd-boot: kernel signed with db', {},
          dict(boot, **{KERNEL: 'kernel-own'}), fresh='2022.11')
    m.add('systemd-boot: kernel of nobody in db', {}, boot)
    m.add('systemd-boot: unsigned kernel, Secure Boot off', {},
          dict(boot, **{KERNEL: 'kernel-bare'}), secure_boot='off')
    m.add('systemd-boot: UKI signed with db', {}, dict(
        boot, **{KERNEL: None, 'loader/entries/keyfit.conf': None,
                 'EFI/Linux/keyfit.efi': 'uki-own'}))
    m.add('systemd-boot: UKI unsigned', {}, dict(
        boot, **{KERNEL: None, 'loader/entries/keyfit.conf': None,
                 'EFI/Linux/keyfit.efi': 'uki'}), fresh='2025.02')
    shim = dict(boot, **{FIRST: 'shim', SECOND: 'sdboot-mok'})
    m.add('shim, systemd-boot, MOK: kernel of Debian', {'mok': mok}, shim)
    m.add('shim, systemd-boot, MOK: kernel unsigned', {'mok': mok},
          dict(shim, **{KERNEL: 'kernel-bare'}))
    m.add('shim, systemd-boot, MOK: UKI signed with it', {'mok': mok}, dict(
        shim, **{KERNEL: None, 'loader/entries/keyfit.conf': None,
                 'EFI/Linux/keyfit.efi': 'uki-mok'}))
    m.add('shim, UKI signed with MOK', {'mok': mok}, dict(
        uki, **{FIRST: 'shim', SECOND: 'uki-mok'}))
    m.add('shim, UKI unsigned', {'mok': mok}, dict(
        uki, **{FIRST: 'shim', SECOND: 'uki'}))


def of_grub_alone(m):
    alone = {FIRST: 'grub-own', SECOND: None}
    m.add('GRUB alone, signed with db', disk=alone)
    m.add('GRUB alone, kernel signed with db', disk=dict(
        alone, **{KERNEL: 'kernel-own'}))
    m.add('GRUB alone, Secure Boot off', disk=alone, secure_boot='off')


def cases(files):
    m = Making(files)
    for make in (of_the_firmware, of_shim, of_debian_13, of_paths, of_systemd,
                 of_grub_alone):
        make(m)
    return m.cases
