// Command upstream stands in for the provider: Chat Completions as fast as the machine can write them.
//
// The last message of a request says what the answer looks like, and every token of it is the moment at which it was
// written (shape.go and answer.go). With -certificate it speaks TLS, with a certificate of its own making.
//
// Its first line of output is the address it listens at.
package main

import (
	"crypto/tls"
	"flag"
	"fmt"
	"log"
	"net"
	"net/http"
)

func main() {
	listen := flag.String("listen", "127.0.0.1:0", "address and port; port 0 takes a free one")
	certificate := flag.String("certificate", "", "speak TLS, and write the certificate to this file")
	flag.Parse()

	listener, err := net.Listen("tcp", *listen)
	if err != nil {
		log.Fatal(err)
	}
	scheme := "http"
	if *certificate != "" {
		scheme = "https"
		listener = secured(listener, *certificate)
	}
	fmt.Printf("%s://%s\n", scheme, listener.Addr())

	http.HandleFunc("/v1/chat/completions", complete)
	log.Fatal(http.Serve(listener, nil))
}

// secured puts TLS over a listener. The key never leaves this process.
func secured(listener net.Listener, certificateFile string) net.Listener {
	certificate, err := selfSigned(certificateFile)
	if err != nil {
		log.Fatal(err)
	}
	return tls.NewListener(listener, &tls.Config{
		Certificates: []tls.Certificate{certificate},
		MinVersion:   tls.VersionTLS12,
		NextProtos:   []string{"http/1.1"},
	})
}
