package main

import (
	"context"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"
)

// A load is what a server is asked for, and what it answered.
type load struct {
	url, last       string
	token           string
	body            []byte
	tokens, streams int
	ramp, repeat    time.Duration
	client          *http.Client
	kept            int // conversations made before the load begins; 0: nothing is kept
	conversations   chan string

	open    atomic.Int32 // answers whose first token has come
	lock    sync.Mutex
	answers []answer
}

// run reads all answers; it returns when the last one is in.
func (l *load) run(until context.Context) {
	started := time.Now()
	var readers sync.WaitGroup
	for i := 0; i < l.streams; i++ {
		readers.Add(1)
		go func(wait time.Duration) {
			defer readers.Done()
			time.Sleep(wait)
			l.note(l.read(until))
			for time.Since(started) < l.repeat {
				l.note(l.read(until))
			}
		}(l.ramp * time.Duration(i) / time.Duration(l.streams))
	}
	readers.Wait()
}

func (l *load) note(found answer) {
	l.lock.Lock()
	defer l.lock.Unlock()
	l.answers = append(l.answers, found)
}

// ended tells whether any answer has ended.
func (l *load) ended() bool {
	l.lock.Lock()
	defer l.lock.Unlock()
	return len(l.answers) > 0
}

// connect makes the client, and what it needs on the server before it is measured.
func (l *load) connect(until context.Context) {
	l.client = &http.Client{Transport: &http.Transport{
		MaxIdleConnsPerHost: l.streams,
		DisableCompression:  true,
		ReadBufferSize:      bufferBytes,
		DialContext:         (&net.Dialer{Timeout: 30 * time.Second}).DialContext,
	}}
	if l.kept > 0 {
		l.prepare(until)
	}
}
