#!/usr/bin/python3
"""Chooses tests for a Tempest run and judges its result stream; run.sh is the front of it.

choose OUT --list FILE | --candidates FILE | --regex RE   reads OUT/all, writes OUT/want, OUT/load, OUT/gone
judge OUT [LABEL]                                         reads OUT/subunit and those, writes OUT/passed, failed, skipped
"""
import collections
import re
import sys


def lines(path):
    with open(path) as f:
        return [x for x in (line.split('#')[0].strip() for line in f) if x]


def write(path, names):
    with open(path, 'w') as f:
        f.write(''.join(n + '\n' for n in names))


def choose(out, how, what):
    full = {}
    for line in lines(out + '/all'):
        name = line.split('[')[0]
        if '.' in name and ' ' not in name:
            full[name] = line
    gone = []
    if how == '--list':
        names = [line.split()[0].split('[')[0] for line in lines(what)]
        want, gone = [n for n in names if n in full], [n for n in names if n not in full]
    elif how == '--candidates':
        rules = lines(what)
        want = [n for n in full if any(re.search(r, n) for r in rules if r[0] != '!')
                and not any(re.search(r[1:], n) for r in rules if r[0] == '!')]
    else:
        want = [n for n in full if re.search(what, n)]
    want = sorted(set(want))
    write(out + '/want', want)
    write(out + '/load', (full[n] for n in want))
    write(out + '/gone', gone)
    if not want:
        sys.exit('no test matches')


def reason(details):
    """The last telling line of a failure, for a person."""
    for key in sorted(details):
        if 'traceback' in key:
            text = [line.strip() for line in details[key].as_text().strip().splitlines() if line.strip()]
            told = [line for line in text if line.startswith(('Details:', "b'", 'testtools.matchers', 'AssertionError'))
                    or re.match(r'[\w.]+(Error|Exception|Mismatch\w*|Timeout\w*|NotFound|Forbidden|BadRequest|Fault|Conflict)\b', line)]
            return ' | '.join(told[-3:] or text[-1:])[:400]
    return ''


def judge(out, label='Tempest'):
    from subunit import ByteStreamToStreamResult
    from testtools import StreamToDict
    status, why, skips, classes = {}, {}, collections.Counter(), []

    def on(test):
        name, got = test['id'].split('[')[0], test['status']
        if name.startswith(('setUpClass', 'tearDownClass')):
            inside = re.search(r'\(([^)]*)\)', name)
            classes.append((inside.group(1) if inside else name, name.split()[0], got, test['details']))
        elif got != 'exists':
            status[name] = got
            if got == 'skip':
                note_skip(test['details'])
            elif got == 'fail':
                why[name] = reason(test['details'])

    def note_skip(details):
        text = details.get('reason')
        skips[(text.as_text().strip() if text else '?')[:110]] += 1

    result = StreamToDict(on)
    result.startTestRun()
    try:
        with open(out + '/subunit', 'rb') as stream:
            ByteStreamToStreamResult(stream, 'stdout').run(result)
    finally:
        result.stopTestRun()
    want, gone = lines(out + '/want'), lines(out + '/gone')
    for cls, where, got, details in classes:
        for name in want:
            if name.rsplit('.', 1)[0] == cls and name not in status:
                if got == 'skip':
                    status[name] = 'skip'
                    note_skip(details)
                elif got == 'fail':
                    status[name], why[name] = 'fail', where + ': ' + reason(details)
    passed = [n for n in want if status.get(n) in ('success', 'xfail')]
    skipped = [n for n in want if status.get(n) == 'skip']
    failed = [n for n in want if n not in set(passed) | set(skipped)]
    for name in failed:
        print('FAIL %s  %s' % (name, why.get(name) or ('not run' if name not in status else status[name])))
    for name in gone:
        print('FAIL %s  not installed' % name)
    for cls, where, got, details in classes:
        if got == 'fail' and where.startswith('tearDown'):
            print('NOTE %s %s: %s' % (cls, where, reason(details)))
    for text, count in skips.most_common():
        print('SKIP %4d  %s' % (count, text))
    write(out + '/passed', passed)
    write(out + '/failed', ['%s  %s' % (n, why.get(n, '')) for n in failed] + gone)
    write(out + '/skipped', skipped)
    print('details: %s' % out)
    print('%s: %d passed, %d failed, %d skipped' % (label, len(passed), len(failed) + len(gone), len(skipped)))
    return 0 if passed and not failed and not gone else 1


if __name__ == '__main__':
    sys.exit(choose(*sys.argv[2:]) if sys.argv[1] == 'choose' else judge(*sys.argv[2:]))
