"""Rates and medians from JUnit files, as CI scripts make them: peer of bench/history.ts."""
import glob
import statistics
import sys
import time
import xml.etree.ElementTree as ElementTree

began = time.perf_counter()
cases = {}
for path in sorted(glob.glob(sys.argv[1] + "/*.xml")):
    for case in ElementTree.parse(path).getroot().iter("testcase"):
        key = case.get("classname"), case.get("name"), case.get("file")
        failed = case.find("failure") is not None or case.find("error") is not None
        values = [
            property.get("value")
            for property in case.iter("property")
            if property.get("name").startswith("measure ")
        ]
        cases.setdefault(key, []).append((not failed, float(case.get("time")), values))
for results in cases.values():
    sum(passed for passed, _, _ in results) / len(results)
    statistics.median(time for _, time, _ in results)
print((time.perf_counter() - began) * 1000)
