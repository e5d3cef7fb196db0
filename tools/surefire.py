#!/usr/bin/python3
"""Sums up the test reports newer than a file. usage: surefire.py ROOT STAMP"""
import glob
import os
import sys
import xml.etree.ElementTree as ET


def main(root, stamp):
    since = os.path.getmtime(stamp)
    counts, slow = [0, 0, 0], []
    for report in sorted(glob.glob(os.path.join(root, '**', 'target', 'surefire-reports', 'TEST-*.xml'), recursive=True)):
        if os.path.getmtime(report) < since:
            continue
        suite = ET.parse(report).getroot()
        for case in suite.iter('testcase'):
            name = '%s.%s' % (case.get('classname'), case.get('name'))
            slow.append((float(case.get('time', '0').replace(',', '')), name))
            bad = next((e for e in case if e.tag in ('failure', 'error')), None)
            if bad is not None:
                counts[1] += 1
                print('  FAIL %s\n       %s' % (name, (bad.get('message') or bad.text or '').strip()[:300].replace('\n', '\n       ')))
            elif case.find('skipped') is not None:
                counts[2] += 1
                print('  SKIP %s: %s' % (name, (case.find('skipped').get('message') or '')[:120]))
            else:
                counts[0] += 1
                if case.find('flakyFailure') is not None or case.find('flakyError') is not None:
                    print('  passed the second time: %s' % name)
    for seconds, name in sorted(slow, reverse=True)[:5]:
        print('  slow %6.1f s  %s' % (seconds, name))
    print('%d passed, %d failed, %d skipped' % tuple(counts))


if __name__ == '__main__':
    main(*sys.argv[1:])
