"""The guard that keeps unit tests off the network."""

import socket

import pytest

STOPPED = pytest.fail.Exception


def test_a_unit_test_cannot_connect() -> None:
    with socket.socket() as caller, pytest.raises(STOPPED, match=r"socket\.connect"):
        caller.connect(("127.0.0.1", 9))


def test_a_unit_test_cannot_listen() -> None:
    with socket.socket() as server, pytest.raises(STOPPED, match=r"socket\.bind"):
        server.bind(("127.0.0.1", 0))


def test_a_unit_test_cannot_look_up_a_name() -> None:
    with pytest.raises(STOPPED, match=r"socket\.getaddrinfo"):
        socket.getaddrinfo("localhost", 80)


def test_a_pair_of_local_sockets_may_pass() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        ours.sendall(b"hello")
        assert theirs.recv(5) == b"hello"
