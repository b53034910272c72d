# What the tests of real firmware share: where the builds come from, asking them,
# and reports in TAP.
import glob
import gzip
import hashlib
import os
import re
import subprocess
import sys
import threading

SUITES = ('bookworm', 'trixie')
done = []


def report(good, name, lines=()):
    done.append(good)
    print('%sok %d - %s' % ('' if good else 'not ', len(done), name))
    for line in lines:
        print('# ' + line)
        # What only the log of the test would tell goes where all see it.
        if not good:
            print('%s: %s' % (name, line), file=sys.stderr)
    sys.stdout.flush()


def finish():
    print('1..%d' % len(done))
    sys.exit(not all(done))


def shorten(lines):
    return lines[:20] + ['and %d more' % (len(lines) - 20)] * \
        (len(lines) > 20)


def judged_rules(*words):
    """Rules of which docs/rules/uefi.md says one of `words` first."""
    rule, out = None, []
    for line in open('docs/rules/uefi.md'):
        if line.startswith('### '):
            rule = line.split()[1].rstrip(':')
        if line.startswith(words):
            out.append(rule)
    return out


def skip(why):
    print('1..0 # SKIP ' + why)
    sys.exit(0)


def need_qemu():
    if subprocess.run(['sh', '-c', 'command -v qemu-system-x86_64'],
                      stdout=subprocess.DEVNULL).returncode:
        skip('no qemu-system-x86_64')


def fetch(*words):
    found = subprocess.run(['tools/fetch-package', *words],
                           capture_output=True, text=True)
    return found.stdout.strip(), found.stderr.strip()


def answers(words, script, folder):
    said = subprocess.run(words, input=script, cwd=folder, text=True,
                          stdout=subprocess.PIPE)
    lines = [line.split()[1:] for line in said.stdout.splitlines()
             if line.startswith('case ')]
    if said.returncode:
        raise RuntimeError('%s: status %d behind %d cases' % (
            os.path.basename(words[0]), said.returncode, len(lines)))
    return {line[0]: line[1:] for line in lines}


class Firmware:
    """One build of the firmware; `program` asks it."""
    def __init__(self, program, folder):
        self.program = program
        self.files = [os.path.abspath(folder) + '/usr/share/OVMF/' + name
                      for name in ('OVMF_CODE_4M.secboot.fd',
                                   'OVMF_VARS_4M.fd')]
        log = glob.glob(folder + '/usr/share/doc/ovmf/changelog.Debian.gz')
        first = gzip.open(log[0], 'rt').readline()
        self.version = re.search(r'\((.*?)\)', first).group(1)
        self.year = self.version.split('-')[0]
        with open(self.files[0], 'rb') as f:
            self.sha256 = hashlib.sha256(f.read()).hexdigest()

    def ask(self, script, folder, *options):
        return answers([self.program, *options, '.', *self.files], script,
                       folder)


def firmwares(program):
    out = []
    for suite in SUITES:
        found, trouble = fetch('ovmf', suite)
        if not found:
            skip(trouble)
        out.append(Firmware(program, found))
        print('# firmware %s: OVMF_CODE_4M.secboot.fd, SHA-256 %s' %
              (out[-1].version, out[-1].sha256))
    return out


class Run(threading.Thread):
    """All questions to one firmware: name, script (one for all, or one for
    each year), options. The firmwares run side by side."""
    def __init__(self, firmware, folder, questions):
        super().__init__()
        self.firmware, self.folder = firmware, folder
        self.questions, self.said, self.trouble = questions, {}, None

    def run(self):
        try:
            for name, script, *options in self.questions:
                if isinstance(script, dict):
                    script = script[self.firmware.year]
                self.said[name] = self.firmware.ask(script, self.folder,
                                                    *options)
        except (RuntimeError, OSError) as trouble:
            self.trouble = trouble


def ask_all(builds, folder, questions):
    runs = [Run(f, folder, questions) for f in builds]
    for r in runs:
        r.start()
    for r in runs:
        r.join()
        if r.trouble:
            report(False, '%s: %s' % (r.firmware.version, r.trouble))
    return {r.firmware: r.said for r in runs if not r.trouble}
