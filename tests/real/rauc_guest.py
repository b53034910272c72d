# A small guest for installations that need the kernel's device-mapper: Debian's
# kernel with a few of its modules, busybox, and this machine's own rauc with its
# libraries, all in one initramfs. One boot installs all bundles, one after the
# other, and tells of each over the serial line.
import glob
import gzip
import os
import re
import shutil
import subprocess

import raucb

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(
    os.path.abspath(__file__))))
MODULES = ('loop', 'squashfs', 'dm-verity', 'dm-crypt')
PROGRAMS = ('rauc', 'dbus-daemon')
BOOT_SECONDS = 600

INIT = '''#!/bin/busybox sh
/bin/busybox --install -s /bin
export PATH=/bin:/usr/bin
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs dev /dev
mount -t tmpfs tmpfs /tmp
echo 1 >/proc/sys/kernel/printk
for module in $(cat /modules/order); do
	insmod /modules/$module || echo "no module $module"
done
cd /bundles
export DBUS_SESSION_BUS_ADDRESS=unix:path=/tmp/bus DBUS_STARTER_BUS_TYPE=session
export TZ=UTC
dbus-daemon --config-file=bus.conf --fork
serve() {
	rauc --conf system.conf --override-boot-slot=A service \\
		>/tmp/service 2>&1 &
	service=$!
	for i in 1 2 3 4 5 6 7 8 9 10; do
		sleep 0.5
		rauc --conf system.conf status >/dev/null 2>&1 && break
	done
}
serve
for name in $(cat order); do
	kill -0 $service 2>/dev/null || serve
	: >/tmp/service
	timeout 60 rauc --conf system.conf install $name >/tmp/said 2>&1
	status=$?
	echo "@begin $name"
	cat /tmp/said /tmp/service
	echo
	echo "@end $name $status"
done
echo "@date $(date +%s)"
echo "@over"
poweroff -f
'''

# A bus on which everybody may do everything.
BUS = '''<busconfig>
<listen>unix:path=/tmp/bus</listen>
<auth>EXTERNAL</auth>
<policy context="default">
<allow send_destination="*" eavesdrop="true"/>
<allow eavesdrop="true"/>
<allow own="*"/>
</policy>
</busconfig>
'''


def fetch(name):
    done = subprocess.run([os.path.join(ROOT, 'tools/fetch-package'), name],
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    return done.stdout.decode().strip() if done.returncode == 0 else None


def missing():
    """What there is not here; None: all is there."""
    for tool in PROGRAMS + ('qemu-system-x86_64', 'mksquashfs', 'openssl'):
        if not shutil.which(tool):
            return tool
    for package in ('linux-image-amd64', 'busybox-static'):
        if not fetch(package):
            return package
    return None


class Image:
    """An initramfs while it is put together. Source: Linux,
    Documentation/driver-api/early-userspace/buffer-format.rst."""

    def __init__(self):
        self.parts, self.seen, self.number = [], set(), 0

    def entry(self, name, mode, data=b''):
        self.number += 1
        head = '070701' + ''.join('%08X' % n for n in (
            self.number, mode, 0, 0, 1, 0, len(data), 0, 0, 0, 0,
            len(name) + 1, 0))
        path = head.encode() + name.encode() + b'\0'
        self.parts += [path, bytes(-len(path) % 4), data,
                       bytes(-len(data) % 4)]

    def folder(self, name):
        if name and name not in self.seen:
            self.folder(os.path.dirname(name))
            self.seen.add(name)
            self.entry(name, 0o40755)

    def file(self, name, data, mode=0o644):
        name = name.lstrip('/')
        if name not in self.seen:
            self.folder(os.path.dirname(name))
            self.seen.add(name)
            self.entry(name, 0o100000 | mode, data)

    def program(self, path):
        """A program of this machine, with its libraries."""
        self.file(path, raucb.read(path), 0o755)
        said = subprocess.run(['ldd', path], stdout=subprocess.PIPE,
                              check=True).stdout.decode()
        for library in re.findall(r'(/\S+) \(', said):
            self.file(library, raucb.read(library), 0o755)

    def bytes(self):
        return gzip.compress(b''.join(self.parts), 1) + gzip.compress(
            self.end(), 1)

    def end(self):
        done = Image()
        done.entry('TRAILER!!!', 0)
        return b''.join(done.parts)


def module_files(kernel):
    """The modules that are needed, with those that they need first."""
    found = {}
    for path in glob.glob(kernel + '/lib/modules/*/kernel/**/*.ko*',
                          recursive=True):
        found[os.path.basename(path).split('.')[0].replace('-', '_')] = path
    order = []

    def need(name):
        path = found.get(name.replace('-', '_'))
        if not path or path in order:
            return
        for text in re.findall(rb'\0depends=([^\0]*)', raucb.read(path)):
            for other in filter(None, text.decode().split(',')):
                need(other)
        order.append(path)
    for name in MODULES:
        need(name)
    return order


def initramfs(kernel, busybox, conf, files, bundles):
    image = Image()
    for name in ('bin', 'dev', 'proc', 'sys', 'tmp', 'run', 'bundles/mnt'):
        image.folder(name)
    image.file('bin/busybox', raucb.read(
        glob.glob(busybox + '/bin/busybox')[0]), 0o755)
    image.file('init', INIT.encode(), 0o755)
    order = module_files(kernel)
    for path in order:
        image.file('modules/' + os.path.basename(path), raucb.read(path))
    image.file('modules/order', '\n'.join(
        os.path.basename(p) for p in order).encode())
    for program in PROGRAMS:
        image.program(shutil.which(program))
    image.file('bundles/bus.conf', BUS.encode())
    image.file('etc/passwd', b'root:x:0:0::/:/bin/sh\n')
    image.file('etc/group', b'root:x:0:\n')
    image.file('bundles/system.conf', conf.encode())
    for name, data in files.items():
        image.file('bundles/' + name, data)
    for number in (0, 1):
        image.file('bundles/slot%d.img' % number, bytes(65536))
    image.file('bundles/order', '\n'.join(bundles).encode())
    for name, data in bundles.items():
        image.file('bundles/' + name, data)
    return image.bytes()


def install_all(folder, conf, files, bundles):
    """The exit status and words of each installation, by name, and all that
    the console told."""
    kernel, busybox = fetch('linux-image-amd64'), fetch('busybox-static')
    raucb.write(os.path.join(folder, 'initramfs'), initramfs(
        kernel, busybox, conf, files, bundles))
    console = os.path.join(folder, 'console')
    subprocess.run(
        ['qemu-system-x86_64', '-machine', 'q35,accel=tcg', '-cpu', 'max',
         '-m', '1024', '-nodefaults', '-no-reboot', '-display', 'none',
         '-serial', 'file:' + console, '-kernel',
         sorted(glob.glob(kernel + '/boot/vmlinuz-*'))[-1], '-initrd',
         os.path.join(folder, 'initramfs'), '-append',
         'console=ttyS0 quiet panic=-1'],
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
        timeout=BOOT_SECONDS)
    said = raucb.read(console).decode(errors='replace').replace('\r', '')
    answers = {}
    for name, text, status in re.findall(
            r'(?s)^@begin (\S+)\n(.*?)\n@end \1 (\d+)$', said, re.M):
        answers[name] = int(status), text
    return answers, said
