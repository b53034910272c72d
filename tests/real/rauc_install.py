# Installations by a real RAUC service, on a message bus of its own. Plain bundles
# alone: the others need a device mapper, and are in rauc-install's guest.
import os
import subprocess

import raucb
from rauc_world import Case, IMAGE, config, manifest

SCRIPT = '''export DBUS_STARTER_BUS_TYPE=session
"$@" --conf system.conf --override-boot-slot=A service >service.log 2>&1 &
service=$!
for i in 1 2 3 4 5 6 7 8 9 10; do
	sleep 0.3
	grep -q . service.log && "$@" --conf system.conf status >/dev/null 2>&1 &&
		break
done
timeout 60 "$@" --conf system.conf install bundle.raucb >install.log 2>&1
echo $? >status.log
kill $service
'''


def can_run():
    """Whether a bus can be started and a loop device be mounted here."""
    return (os.geteuid() == 0 and os.path.exists('/dev/loop-control') and
            subprocess.run(['sh', '-c', 'command -v dbus-run-session'],
                           stdout=subprocess.DEVNULL).returncode == 0)


def install(command, folder):
    """The exit status of an installation, and what was said."""
    conf = os.path.join(folder, 'system.conf')
    mount = os.path.join(folder, 'mnt')
    os.makedirs(mount, exist_ok=True)
    for number in (0, 1):
        raucb.write(os.path.join(folder, 'slot%d.img' % number),
                    bytes(65536))
    text = raucb.read(conf).decode()
    raucb.write(conf, text.replace('[system]\n', '[system]\nmountprefix=%s\n'
                                   'statusfile=%s/status.raucs\n'
                                   % (mount, folder), 1))
    for name in ('install.log', 'service.log', 'status.log'):
        raucb.write(os.path.join(folder, name), '')
    raucb.write(os.path.join(folder, 'run.sh'), SCRIPT)
    subprocess.run(['dbus-run-session', '--', 'sh', 'run.sh'] + command,
                   cwd=folder, stdout=subprocess.DEVNULL,
                   stderr=subprocess.DEVNULL, timeout=120)
    said = raucb.read(os.path.join(folder, 'install.log')).decode(
        errors='replace') + raucb.read(os.path.join(
            folder, 'service.log')).decode(errors='replace')
    status = raucb.read(os.path.join(folder, 'status.log')).decode().strip()
    raucb.write(conf, text)
    return int(status or 1), said


class Installs:
    def __init__(self, world):
        self.w = world
        self.all = []

    def add(self, name, rule, text=None, conf=None, files=None, ring='root',
            bundle=None, sets=(), signer='leaf', versions=None):
        given = {'keyring.pem': self.w.pem(ring)}
        if bundle is None:
            content = {'rootfs.img': IMAGE,
                       'manifest.raucm': text or manifest('plain')}
            content.update(files or {})
            bundle = self.w.plain(signer, files=content)
        case = Case('install: ' + name, rule, bundle, conf or config(), given,
                    'install', versions=versions)
        case.sets = sets
        self.all.append(case)

    def make(self):
        self.compatible()
        self.hooks()
        self.versions()
        self.names()
        self.others()
        return self.all

    def compatible(self):
        for name, device, bundle in (
                ('the same', 'gw', 'gw'), ('another', 'gw', 'gx'),
                ('upper case', 'gw', 'GW'), ('longer', 'gw', 'gw2'),
                ('a blank inside', 'gw a', 'gw a'),
                ('two blanks inside', 'gw a', 'gw  a')):
            self.add('compatible, ' + name, 'RAUC-17',
                     manifest('plain', compatible=bundle),
                     config(compatible=device))

    def hooks(self):
        hooks = '[hooks]\nfilename=hook\nhooks=install-check\n'
        for name, code, says in (('accepts', 0, 'accepts'),
                                 ('refuses', 10, 'rejects'),
                                 ('refuses by 11', 11, 'rejects'),
                                 ('fails', 1, 'rejects')):
            for compatible in ('gw', 'other'):
                self.add('hook %s, %s' % (name, compatible), 'RAUC-17',
                         manifest('plain', compatible=compatible,
                                  sections=hooks),
                         files={'hook': '#!/bin/sh\nexit %d\n' % code},
                         sets=('install-check=' + says,))

    def versions(self):
        newer = ('rauc-1.13',)
        for least, version in (
                ('1.0', '2.0'), ('2.0', '1.0'), ('2.0', '2.0'),
                ('2.0', '2.0.0'), ('2.0', '2.0-rc1'), ('2.0-rc1', '2.0'),
                ('2.0-rc1', '2.0-rc2'), ('2.0-2', '2.0-10'),
                ('2.0-10', '2.0-rc'), ('2.0+b', '2.0+a'), ('2', 'x'),
                ('2', None), ('2.0.1', '2.0'), ('2.0-a.b', '2.0-a'),
                ('2.0-a', '2.0-a.b'), ('1', '1.2.3.4'), ('1', '1.')):
            self.add('version %s for %s' % (version, least), 'RAUC-18',
                     manifest('plain', version='version=%s\n' % version
                              if version else ''),
                     config(system='min-bundle-version=%s\n' % least),
                     versions=newer)

    def names(self):
        """Files by their names, to slots by their types."""
        for name, slot in (
                ('rootfs.ext4', 'raw'), ('rootfs.vfat', 'raw'),
                ('rootfs.squashfs', 'raw'), ('rootfs.squashfs-xz', 'raw'),
                ('rootfs.squashfs-lz4', 'raw'), ('a.b.img', 'raw'),
                ('.img', 'raw'),
                ('rootfs.squashfs-gz', 'raw'), ('rootfs.bin', 'raw'),
                ('rootfs', 'raw'), ('rootfs.IMG', 'raw'),
                ('rootfs.img.old', 'raw'), ('rootfs.ubifs', 'raw'),
                ('rootfs.tar.gz', 'raw'), ('rootfs.tgz', 'raw'),
                ('rootfs.catar', 'raw'), ('img', 'raw'),
                ('x.tar.img', 'raw'), ('rootfs.img', 'jffs2'),
                ('rootfs.vfat', 'ext4'), ('rootfs.squashfs', 'ext4'),
                ('rootfs.bin', 'ext4'), ('rootfs.ext4', 'vfat'),
                ('rootfs.squashfs', 'vfat'), ('rootfs.ext4', 'ubivol'),
                ('rootfs.vfat', 'ubifs'), ('rootfs.tar', 'ubivol'),
                ('rootfs.tar', 'nand'), ('rootfs.ext4', 'nor'),
                ('rootfs.ext4', 'jffs2'), ('rootfs.bin', 'jffs2')):
            self.add('%s to %s' % (name, slot), 'RAUC-27',
                     manifest('plain').replace('rootfs.img', name),
                     config().replace('type=raw', 'type=' + slot),
                     files={name: IMAGE})
        self.add('of no known name, by a hook', 'RAUC-27', manifest(
            'plain', image='hooks=install\n',
            sections='[hooks]\nfilename=hook\n').replace(
                'rootfs.img', 'rootfs.bin'),
                 files={'rootfs.bin': IMAGE, 'hook': '#!/bin/sh\nexit 0\n'})
        for other, second in (('ubivol', 'raw'), ('ext4', 'vfat')):
            self.add('a squashfs to %s or %s' % (other, second), 'RAUC-27',
                     manifest('plain').replace('rootfs.img',
                                               'rootfs.squashfs'),
                     config().replace('type=raw', 'type=' + other, 1).replace(
                         'type=raw', 'type=' + second),
                     files={'rootfs.squashfs': IMAGE})

    def others(self):
        self.add('a slot that is not there', 'RAUC-25',
                 manifest('plain').replace('[image.rootfs]',
                                           '[image.other]'))
        self.add('untrusted', 'RAUC-10', ring='other')
        self.add('a format that is not allowed', 'RAUC-12',
                 conf=config(system='bundle-formats=verity\n'))
        self.add('verity inside', 'RAUC-19', manifest('verity'))
        self.add('no manifest', 'RAUC-20', bundle=self.w.plain(
            files={'rootfs.img': IMAGE}))
        self.add('crypt, not encrypted', 'RAUC-16',
                 bundle=self.w.crypt(recipients=()))
