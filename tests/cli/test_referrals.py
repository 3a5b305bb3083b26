"""Discovery controllers that refer to one another."""

import contextlib
import unittest

from harness import Case, run, unused_port
from peers import CURRENT, DISCOVERY_NQN, REFERRAL, Peer, Session, log_entry


def referral(port, address="127.0.0.1"):
    return log_entry(DISCOVERY_NQN, address, port, REFERRAL)


def subsystem(name, port=4420):
    return log_entry(f"nqn.2024-01.org.example:{name}", port=port)


class SilentPeer(Session):
    def opened(self):
        self.peer.hold()
        return True


class Referrals(Case):
    def peers(self, count):
        stack = contextlib.ExitStack()
        self.addCleanup(stack.close)
        return [stack.enter_context(Peer()) for _ in range(count)]

    def discover(self, *words):
        return self.ok("discover", *words, "-o", "json").json["data"]

    def test_two_that_refer_to_each_other(self):
        one, two = self.peers(2)
        one.records = [subsystem("a"), referral(two.port)]
        two.records = [subsystem("b"), referral(one.port)]
        data = self.discover(one.uri)
        self.assertEqual([log["source"] for log in data["logs"]], [one.uri, two.uri])
        self.assertEqual([log["depth"] for log in data["logs"]], [0, 1])
        self.assertEqual((one.connections, two.connections), (1, 1))
        self.assertEqual({r["source"] for r in data["records"]}, {one.uri, two.uri})

    def test_one_that_refers_to_itself(self):
        (one,) = self.peers(1)
        one.records = [log_entry(DISCOVERY_NQN, port=one.port, subtype=CURRENT), referral(one.port), subsystem("a")]
        self.assertEqual(len(self.discover(one.uri)["logs"]), 1)
        self.assertEqual(one.connections, 1)
        self.assertEqual(len(self.discover(f"tcp://localhost:{one.port}")["logs"]), 1)
        self.assertEqual(one.connections, 2, "it names itself: localhost and 127.0.0.1 are one")

    def test_a_chain_has_an_end(self):
        chain = self.peers(14)
        for one, following in zip(chain, chain[1:]):
            one.records = [referral(following.port)]
        result = run("discover", chain[0].uri, "-o", "json")
        self.assertEqual(result.code, 0, str(result))
        logs = result.json["data"]["logs"]
        self.assertEqual([log["depth"] for log in logs], list(range(9)), "eight referrals deep")
        self.assertEqual([peer.connections for peer in chain], [1] * 9 + [0] * 5)

    def test_a_crowd_has_an_end(self):
        """One log with a thousand referrals, all to the same few living peers and many dead ports."""
        (one,) = self.peers(1)
        one.records = [referral(one.port, f"127.0.{n >> 8}.{n & 255}") for n in range(2, 1002)]
        result = run("discover", one.uri, "-o", "json", "--timeout", "5s")
        self.assertLess(result.seconds, 7)
        self.assertIn(result.code, (0, 6), str(result))
        self.assertLessEqual(one.connections, 64)

    def test_dead_referrals_leave_the_rest(self):
        one, two = self.peers(2)
        dead = unused_port()
        one.records = [referral(dead), referral(two.port), subsystem("a")]
        two.records = [subsystem("b")]
        result = run("discover", one.uri, "-o", "json")
        self.assertEqual(result.code, 6, str(result))
        names = {r["subsystem_nqn"] for r in result.json["data"]["records"]}
        self.assertLessEqual({"nqn.2024-01.org.example:a", "nqn.2024-01.org.example:b"}, names)
        self.assertEqual([e["kind"] for e in result.json["errors"]], ["refused"])
        self.assertIn(str(dead), result.json["errors"][0]["device"])
        self.assertEqual(result.error["kind"], "partial")
        shown = run("discover", one.uri)
        self.assertEqual(shown.code, 6)
        self.assertIn("nqn.2024-01.org.example:b", shown.out)
        self.assertIn(str(dead), shown.err)

    def test_silent_referrals_leave_the_rest(self):
        one, two = self.peers(2)
        with Peer(SilentPeer) as silent:
            one.records = [referral(silent.port), referral(two.port), subsystem("a")]
            two.records = [subsystem("b")]
            result = run("discover", one.uri, "-o", "json", "--timeout", "2s")
            self.assertEqual(result.code, 6, str(result))
            self.assertEqual(len(result.json["data"]["logs"]), 2)
            self.assertEqual([e["kind"] for e in result.json["errors"]], ["timeout"])
            self.assertLess(result.seconds, 4)

    def test_no_referrals(self):
        one, two = self.peers(2)
        one.records = [referral(two.port), subsystem("a")]
        self.assertEqual(len(self.discover(one.uri, "--no-referrals")["logs"]), 1)
        self.assertEqual(two.connections, 0)

    def test_referrals_elsewhere_are_left_alone(self):
        (one,) = self.peers(1)
        one.records = [log_entry(DISCOVERY_NQN, "192.0.2.1", 4420, REFERRAL, trtype=1), subsystem("a")]
        self.assertEqual(len(self.discover(one.uri)["logs"]), 1)

    def test_list_goes_through_referrals(self):
        one, two = self.peers(2)
        one.records = [referral(two.port)]
        two.records = [subsystem("b", two.port)]
        data = self.ok("list", one.uri, "-o", "json").json["data"]
        self.assertEqual([s["nqn"] for s in data["subsystems"]], ["nqn.2024-01.org.example:b"])
        self.assertEqual(len(data["namespaces"]), 1)
        self.assertEqual(self.ok("list", one.uri, "--no-referrals", "-o", "json").json["data"]["namespaces"], [])

    def test_a_subsystem_behind_two_ports_is_one(self):
        one, two = self.peers(2)
        one.records = [subsystem("a", one.port), subsystem("a", two.port)]
        data = self.ok("list", one.uri, "-o", "json").json["data"]
        self.assertEqual((len(data["subsystems"]), len(data["controllers"]), len(data["namespaces"])), (1, 2, 1))
        self.assertEqual(len(data["namespaces"][0]["paths"]), 2)

    def test_a_dead_subsystem_leaves_the_rest(self):
        (one,) = self.peers(1)
        dead = unused_port()
        one.records = [subsystem("dead", dead), subsystem("a", one.port)]
        result = run("list", one.uri, "-o", "json")
        self.assertEqual(result.code, 6, str(result))
        self.assertEqual(len(result.json["data"]["namespaces"]), 1)
        self.assertEqual([e["kind"] for e in result.json["errors"]], ["refused"])


if __name__ == "__main__":
    unittest.main()
