package main

import (
	"context"
	"io"
	"net/http"
	"sync"
	"time"
)

const checkEvery = 20 * time.Millisecond

// A check is one question to the health route.
type check struct {
	took time.Duration
	good bool
}

// runChecked runs the load and, while all its answers are open, asks url on a fixed schedule, each time over a new
// connection and without waiting for the last one: a server that hangs is not asked less often.
func (l *load) runChecked(until context.Context, url string) (checks []check) {
	var asking sync.WaitGroup
	var lock sync.Mutex
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	ask := func() {
		defer asking.Done()
		done := checked(until, client, url)
		lock.Lock()
		defer lock.Unlock()
		checks = append(checks, done)
	}
	asking.Add(1)
	go func() {
		defer asking.Done()
		for ticker := time.NewTicker(checkEvery); !l.ended(); <-ticker.C {
			if int(l.open.Load()) == l.streams {
				asking.Add(1)
				go ask()
			}
		}
	}()
	l.run(until)
	asking.Wait()
	return checks
}

func checked(until context.Context, client *http.Client, url string) check {
	begin := time.Now()
	request, err := http.NewRequestWithContext(until, http.MethodGet, url, nil)
	if err != nil {
		return check{}
	}
	response, err := client.Do(request)
	if err != nil {
		return check{took: time.Since(begin)}
	}
	defer response.Body.Close()
	_, err = io.Copy(io.Discard, response.Body)
	return check{took: time.Since(begin), good: err == nil && response.StatusCode == http.StatusOK}
}
