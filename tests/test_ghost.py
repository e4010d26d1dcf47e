"""A statement about a ghost set means the same to the prover as on a live allocator."""

from __future__ import annotations

import z3

from model.language.ghost import GhostMap, GhostSet
from proofs.engine import path as paths
from proofs.engine.ghost import SymMap, SymSet
from proofs.engine.values import SymInt
from tests.entailment import entailed


def said(members, keys, where):
    """That no two members have one key; symbolic where the set is."""
    return keys.tells_apart(members, lambda e: keys[e], where=lambda e: where[e] != 0)


def test_live_members_are_told_apart_by_what_they_have_in_common_where_asked():
    members, keys = GhostSet([1, 2, 3]), GhostMap({1: 7, 2: 7, 3: 9})
    assert not said(members, keys, GhostMap({1: 1, 2: 1}))
    assert said(members, keys, GhostMap({1: 1, 3: 1}))


def test_a_proof_may_conclude_that_members_with_one_key_are_one():
    def run(path):
        members = SymSet.arbitrary("members", z3.BoolSort())
        keys, where = SymMap.arbitrary("keys", z3.IntSort()), SymMap.arbitrary("where", z3.IntSort())
        a, b = SymInt(z3.Int("a")), SymInt(z3.Int("b"))
        path.know(said(members, keys, where).term)
        for fact in (members[a], members[b], keys[a] == keys[b], where[a] == 1):
            path.know(fact.term)
        assert entailed(path, (a == b).term)
        assert not entailed(path, (where[b] == 0).term)

    paths.prepare("toy", run)
