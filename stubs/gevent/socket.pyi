from socket import socket as socket
