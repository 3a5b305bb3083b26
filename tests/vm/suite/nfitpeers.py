"""What nvmectl tells of the simulated NVDIMMs, value by value beside ndctl, in each state that the suite pmem_nfit saw."""

from pmemtest import Listed

seen = None
STATES = ("fresh", "smart", "back", "made", "restored", "bad", "cleared", "locked", "staged", "set", "removed",
          "keylocked", "unlocked", "frozen", "overwriting", "overwritten", "mastered")
# Ours: ndctl's
HEALTH = {
    **{key: key for key in ("temperature_celsius", "controller_temperature_celsius", "alarm_temperature",
                            "alarm_controller_temperature", "alarm_spares", "alarm_enabled_spares", "shutdown_state",
                            "shutdown_count")},
    "state": "health_state",
    "spares_percent": "spares_percentage",
    "life_used_percent": "life_used_percentage",
    "temperature_threshold_celsius": "temperature_threshold",
    "controller_temperature_threshold_celsius": "controller_temperature_threshold",
    "spares_threshold_percent": "spares_threshold",
    "alarm_enabled_temperature": "alarm_enabled_media_temperature",
    "alarm_enabled_controller_temperature": "alarm_enabled_ctrl_temperature",
}
REGION = {"size_bytes": "size", "available_bytes": "available_size", "largest_extent_bytes": "max_available_extent",
          "align_bytes": "align", "type": "type", "numa_node": "numa_node", "interleave_set": "iset_id"}
NAMESPACE = {"mode": "mode", "map": "map", "name": "name", "usable_bytes": "size", "sector_bytes": "sector_size", "align_bytes": "align"}


class Peers:
    """Mixed into a test case, when `seen` is set."""

    def each(self, kind, compare):
        for state in STATES:
            mine = getattr(Listed(seen, state), kind)
            for bus in seen.json(f"{state}.ndctl"):
                regions = bus.get("regions", [])
                theirs = {"buses": [bus], "dimms": bus.get("dimms", []), "regions": regions,
                          "namespaces": [ns for region in regions for ns in region.get("namespaces", []) if ns["size"]]}
                for their in theirs[kind]:
                    with self.subTest(state=state, device=their["dev"]):
                        compare(mine[their["dev"]], their)

    def same(self, mine, their, names):
        """What ndctl shows; it leaves things out now and then."""
        self.assertEqual({key: mine[key] for key, name in names.items() if name in their},
                         {key: their[name] for key, name in names.items() if name in their})

    def test_buses(self):
        def compare(mine, their):
            self.same(mine, their, {"provider": "provider", "scrub_state": "scrub_state"})
            self.same(mine, their.get("firmware", {}), {"firmware_activate_method": "activate_method",
                                                        "firmware_activate_state": "activate_state"})
        self.each("buses", compare)

    def test_dimms(self):
        def compare(mine, their):
            flags = {key.removeprefix("flag_") for key, value in their.items() if key.startswith("flag_") and value}
            self.same(mine, their, {"id": "id", "handle": "handle", "physical_id": "phys_id"})
            self.assertEqual(set(mine["flags"]) - {"locked"}, flags)
            self.assertEqual(mine["enabled"], their.get("state") != "disabled")
            self.assertEqual(mine["security"], their.get("security"))
            self.assertEqual(bool(mine["security_frozen"]), their.get("security_frozen", False))
        self.each("dimms", compare)

    def test_health(self):
        def compare(mine, their):
            if "health" in their:
                self.assertEqual(mine["health"], {key: their["health"].get(name) for key, name in HEALTH.items()})
            else:
                self.assertIsNone(mine["health"])
        self.each("dimms", compare)

    def test_firmware(self):
        def compare(mine, their):
            if "firmware" not in their:
                return self.assertIsNone(mine["firmware"])
            firmware, other = mine["firmware"], their["firmware"]
            self.assertEqual(int(firmware["current_version"], 16), other["current_version"])
            self.assertEqual(firmware["next_version"] and int(firmware["next_version"], 16), other.get("next_version"))
            self.assertEqual((firmware["can_update"], firmware["activate_state"], firmware["need_powercycle"]),
                             (other["can_update"], other.get("activate_state"), other.get("need_powercycle", False)))
        self.each("dimms", compare)

    def test_regions(self):
        def compare(mine, their):
            # In a region without labels nothing can be made, whatever the kernel counts.
            self.same(mine, their, REGION if mine["labelled"] else {"size_bytes": "size", "align_bytes": "align"})
            self.assertEqual({(one["dimm"], one["offset_bytes"], one["length_bytes"], one["position"])
                              for one in mine["mappings"]},
                             {(one["dimm"], one["offset"], one["length"], one["position"])
                              for one in their.get("mappings", [])})
            for can in their.get("capabilities", []):
                key, name = {"sector": ("sector_sizes_bytes", "sector_sizes")}.get(
                    can["mode"], (f"{can['mode']}_alignments_bytes", "alignments"))
                self.assertEqual(mine[key], can[name])
        self.each("regions", compare)

    def test_namespaces(self):
        def compare(mine, their):
            if their.get("state") == "disabled":  # it shows them as raw
                return
            self.same(mine, their, NAMESPACE)
            self.assertEqual(mine["uuid"] or mine["label_uuid"], their.get("uuid"))
            self.assertEqual(mine["block_device"] and mine["block_device"][5:], their.get("blockdev"))
        self.each("namespaces", compare)

    def test_bad_blocks(self):
        def blocks(of, key):
            return [(one["offset"], one["length"], one.get("dimms", [])) for one in of.get(key, [])]
        for state in ("made", "bad", "cleared"):
            mine = Listed(seen, state)
            for region in seen.json(f"{state}.bad")["regions"]:
                with self.subTest(state=state, region=region["dev"]):
                    self.assertEqual(blocks(mine.regions[region["dev"]], "bad_blocks"), blocks(region, "badblocks"))
                for their in region.get("namespaces", []):
                    # Of a raw namespace ndctl shows those of the region, whose offsets mean other places.
                    if their["mode"] == "raw":
                        continue
                    with self.subTest(state=state, namespace=their["dev"]):
                        self.assertEqual(blocks(mine.namespaces[their["dev"]], "bad_blocks"), blocks(their, "badblocks"))
