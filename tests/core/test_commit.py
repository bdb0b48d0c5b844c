"""What a mutation does to an item."""

from __future__ import annotations

import pytest

from server.core.commit import Item, Mutation, Outcome, apply, event_payload

ITEM: Item = {"id": "a", "version": 3, "title": "tea", "done": False}


def test_a_create_makes_version_1() -> None:
    outcome = apply(Mutation("create", "a", {"title": "tea"}), None)
    assert outcome == Outcome("created", {"id": "a", "version": 1, "title": "tea"})


def test_a_create_of_an_id_that_exists_answers_with_the_item() -> None:
    assert apply(Mutation("create", "a", {"title": "x"}), ITEM) == Outcome("id_taken", ITEM)


def test_an_update_merges_one_level_deep_and_takes_the_next_version() -> None:
    item = ITEM | {"tags": {"old": 1}}
    outcome = apply(Mutation("update", "a", {"done": True, "tags": {"new": 2}}), item)
    assert outcome.result == "updated"
    assert outcome.body == {"id": "a", "version": 4, "title": "tea", "done": True, "tags": {"new": 2}}
    assert item["version"] == 3  # what others hold is not changed under their hands


def test_a_delete_answers_with_the_version_of_the_deletion() -> None:
    assert apply(Mutation("delete", "a", {}), ITEM) == Outcome("deleted", {"id": "a", "version": 4})


@pytest.mark.parametrize("op", ["update", "delete"])
def test_what_is_not_there_cannot_be_changed(op: str) -> None:
    assert apply(Mutation(op, "a", {}, if_match=1), None) == Outcome("not_found", None)  # type: ignore[arg-type]


@pytest.mark.parametrize("op", ["update", "delete"])
@pytest.mark.parametrize(("if_match", "result"), [(None, "done"), (3, "done"), (2, "no"), (4, "no")])
def test_a_version_that_is_named_must_be_the_current_one(op: str, if_match: int | None, result: str) -> None:
    outcome = apply(Mutation(op, "a", {"done": True}, if_match), ITEM)  # type: ignore[arg-type]
    if result == "no":
        assert outcome == Outcome("version_conflict", ITEM)
    else:
        assert outcome.body["version"] == 4


def test_what_was_refused_beforehand_changes_nothing_whatever_is_there() -> None:
    mutation = Mutation("refuse", "a", {}, refusal=("refused", {"message": "no"}))
    assert apply(mutation, ITEM) == apply(mutation, None) == Outcome("refused", {"message": "no"})


def test_everybody_is_told_who_wrote_and_what_came_of_it() -> None:
    mutation = Mutation("update", "a", {"done": True}, client_id="tab", mutation_id=7)
    outcome = apply(mutation, ITEM)
    assert event_payload(mutation, outcome) == {
        "entity_id": "a",
        "version": 4,
        "client_id": "tab",
        "mutation_id": 7,
        "item": ITEM | {"version": 4, "done": True},
    }


def test_of_a_deleted_item_nothing_is_left_to_tell() -> None:
    mutation = Mutation("delete", "a", {})
    payload = event_payload(mutation, apply(mutation, ITEM))
    assert (payload["item"], payload["version"]) == (None, 4)
