"""Says what a validator finds in PDF files: one line for each finding, nothing for clean files.

    python validate.py [--tagged] FILE…

PDF/A-2b is judged by pikepdf's validator. With --tagged, `accessibility.py` adds the rules of PDF/UA-1 and of level A.
"""

import sys
from concurrent.futures import ProcessPoolExecutor

import pikepdf
from pikepdf import pdfa

import accessibility
import extensions


def findings(file, tagged):
    report = pdfa.validate_written(file, "2b")
    found = [
        f"{finding.rule} at {finding.where}: {finding.message}"
        for finding in report.findings
        if not claims_more(finding) and not extensions.concerns_extension(finding)
    ]
    with pikepdf.open(file) as pdf:
        found += extensions.findings(pdf.Root.Metadata.read_bytes())
        if tagged:
            found += accessibility.findings(pdf)
    return found


def claims_more(finding):
    """It judges level B and takes A and U, which contain B, for a fault."""
    return finding.rule == "ISO_19005_2:6.6.4-3" and finding.message.endswith("expected 'B'")


def main(arguments):
    tagged = "--tagged" in arguments
    files = [argument for argument in arguments if argument != "--tagged"]
    with ProcessPoolExecutor() as pool:
        for file, found in zip(files, pool.map(findings, files, [tagged] * len(files))):
            for finding in found:
                print(f"{file}: {finding}")


if __name__ == "__main__":
    main(sys.argv[1:])
