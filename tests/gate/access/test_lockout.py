"""The keypad rests after wrong PINs."""

from gate.access.lockout import Keypad


def after(*times: float, keypad: Keypad | None = None) -> Keypad:
    keypad = keypad or Keypad()
    for at in times:
        keypad = keypad.after_wrong(at)
    return keypad


def test_four_wrong_pins_leave_the_keypad_open() -> None:
    assert not after(0, 1, 2, 3).is_locked(3)


def test_the_fifth_wrong_pin_within_five_minutes_locks_it_for_a_minute() -> None:
    keypad = after(0, 1, 2, 3, 4)
    assert keypad.is_locked(4)
    assert keypad.is_locked(63.9)
    assert not keypad.is_locked(64)


def test_wrong_pins_spread_over_more_than_five_minutes_do_not_lock() -> None:
    assert not after(0, 100, 200, 299, 301).is_locked(301)


def test_each_rest_is_twice_as_long_up_to_a_quarter_of_an_hour() -> None:
    keypad, lengths, now = Keypad(), list[float](), 0.0
    for _ in range(6):
        keypad = after(*[now] * 5, keypad=keypad)
        lengths.append(keypad.rests_until - now)
        now = keypad.rests_until
    assert lengths == [60, 120, 240, 480, 900, 900]


def test_an_hour_without_a_rest_makes_the_next_one_short_again() -> None:
    keypad = after(0, 0, 0, 0, 0)
    later = keypad.rests_until + 3600
    assert after(*[later] * 5, keypad=keypad).rests_until == later + 60
