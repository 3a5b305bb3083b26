"""Outputs compared with tests/golden, whole. After a change that is meant: tests/golden/update, git diff."""

import json
import unittest

import golden
from harness import Case


class Golden(Case):
    maxDiff = 3000

    def compare(self, texts):
        seen = set()
        for name, text in texts:
            seen.add(name)
            with self.subTest(name):
                file = golden.FOLDER / name
                self.assertTrue(file.exists(), f"tests/golden/update has not been run for {name}")
                self.assertEqual(text, file.read_text(encoding="utf-8"), f"{name}: see tests/golden/update")
                if name.endswith(".json"):
                    json.loads(text)
        return seen

    def test_outputs(self):
        seen = self.compare(golden.captured()) | self.compare(golden.served())
        files = {f.name for f in golden.FOLDER.iterdir() if f.suffix in (".txt", ".json", ".csv")}
        self.assertEqual(files, seen, "a golden file that nothing makes")


if __name__ == "__main__":
    unittest.main()
