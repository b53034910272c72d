# Boots with a TPM: OVMF under QEMU with swtpm, a disk of files, a store of
# variables; what came over the serial line, with the event log and the
# registers in it.
import os
import re
import subprocess
import time

BANKS = {'4': 'sha1', '11': 'sha256', '12': 'sha384', '13': 'sha512'}
PATIENCE = 240      # seconds for a boot, beside all the other tests


def run(*words, **more):
    return subprocess.run(words, check=True, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, **more).stdout


def make_disk(path, files):
    """Files by their paths on the disk."""
    size = sum(os.path.getsize(f) for f in files.values())
    with open(path, 'wb') as f:
        f.truncate((size + (16 << 20)) & ~0xfffff)
    run('mformat', '-i', path, '::')
    folders = {'/'.join(name.split('/')[:n]) for name in files
               for n in range(1, name.count('/') + 1)}
    for folder in sorted(folders):
        run('mmd', '-i', path, '::' + folder)
    for name, source in files.items():
        run('mcopy', '-i', path, source, '::' + name)


def boot(work, code, memory=512):
    """Returns what came over the serial line. The disk and the variables are
    in the folder; the TPM ends with QEMU."""
    os.makedirs(work + '/tpm')
    tpm = subprocess.Popen(
        ['swtpm', 'socket', '--tpm2', '--terminate', '--tpmstate',
         'dir=%s/tpm' % work, '--ctrl', 'type=unixio,path=%s/sock' % work],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    for _ in range(100):
        if os.path.exists(work + '/sock'):
            break
        time.sleep(0.1)
    try:
        return subprocess.run(
            ['qemu-system-x86_64', '-nodefaults', '-no-user-config',
             '-machine', 'q35,smm=on,accel=tcg', '-m', str(memory),
             '-display', 'none', '-vga', 'none', '-nic', 'none', '-no-reboot',
             '-global', 'driver=cfi.pflash01,property=secure,value=on',
             '-drive', 'if=pflash,format=raw,unit=0,readonly=on,file=' + code,
             '-drive', 'if=pflash,format=raw,unit=1,file=%s/vars' % work,
             '-drive', 'if=none,id=disk,format=raw,readonly=on,'
             'file=%s/disk' % work, '-device',
             'virtio-blk-pci,drive=disk,bootindex=0', '-serial', 'stdio',
             '-chardev', 'socket,id=tpm,path=%s/sock' % work, '-tpmdev',
             'emulator,id=tpm0,chardev=tpm', '-device',
             'tpm-crb,tpmdev=tpm0'], stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            timeout=PATIENCE).stdout.decode('latin-1').replace('\r', '')
    except subprocess.TimeoutExpired as late:
        return (late.output or b'').decode('latin-1').replace('\r', '')
    finally:
        tpm.terminate()
        tpm.wait()


def plain(said):
    """What a person would have seen, without colours and boxes."""
    said = re.sub(r'\x1b\[[0-9;?=]*[a-zA-Z]', ' ', said)
    return re.sub(r'[^ -~\n]+', '', said).split('\n')


def registers(said):
    out = {}
    for algorithm, pcr, value in re.findall(
            r'\npcr (\d+) (\d+) ([0-9a-f]+)\n', said):
        out.setdefault(BANKS[algorithm], {})[pcr] = value
    return out


def log_of(said):
    """The event log; None where none was told."""
    log = re.search(r'\nlog ([0-9a-f]+)\n', said)
    return bytes.fromhex(log.group(1)) if log else None


def write_registers(path, held):
    """As tpm2_pcrread prints them."""
    with open(path, 'w') as f:
        for bank, values in held.items():
            f.write('  %s:\n' % bank)
            for pcr, value in values.items():
                f.write('    %-2s: 0x%s\n' % (pcr, value.upper()))
