package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"time"
)

const (
	stampDigits = 19 // nanoseconds since 1970, until the year 2286
	bufferBytes = 16 << 10
	reasonBytes = 160
)

// An answer is what came of one request.
type answer struct {
	late       []time.Duration // one a token
	firstToken time.Duration   // since the request
	written    int64           // the last token's stamp
	disordered bool
	failure    string // empty: it came whole
}

// read makes one request and reads its answer to the end.
func (l *load) read(until context.Context) (found answer) {
	address, asked := l.address(), time.Now()
	response, err := l.send(until, address, l.body)
	if err == nil {
		defer response.Body.Close()
		err = l.follow(response, asked, &found)
	}
	if err != nil {
		found.failure = reason(err)
	}
	return found
}

func (l *load) send(until context.Context, address string, body []byte) (*http.Response, error) {
	request, err := http.NewRequestWithContext(until, http.MethodPost, address, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("Accept", "text/event-stream")
	request.Header.Set("Authorization", "Bearer "+l.token)
	return l.client.Do(request)
}

// follow reads an answer as it comes; the error says why it is not whole.
func (l *load) follow(response *http.Response, asked time.Time, found *answer) error {
	lines, last := bufio.NewReaderSize(response.Body, bufferBytes), []byte(nil)
	for {
		line, err := lines.ReadBytes('\n')
		now := time.Now()
		found.take(line, now)
		if found.firstToken == 0 && len(found.late) > 0 {
			found.firstToken = now.Sub(asked)
			l.open.Add(1)
		}
		if text := bytes.TrimSpace(line); len(text) > 0 {
			last = text
		}
		if err == io.EOF {
			return l.verify(response.StatusCode, found, last)
		}
		if err != nil {
			return err
		}
	}
}

// take notes how late each token in line is. A token is a number of nanoseconds in square brackets.
func (a *answer) take(line []byte, now time.Time) {
	for {
		open := bytes.IndexByte(line, '[')
		if open < 0 || len(line) < open+stampDigits+2 {
			return
		}
		line = line[open+1:]
		if line[stampDigits] != ']' {
			continue
		}
		if written, err := strconv.ParseInt(string(line[:stampDigits]), 10, 64); err == nil {
			a.late = append(a.late, time.Duration(now.UnixNano()-written))
			a.disordered = a.disordered || written <= a.written
			a.written = written
		}
	}
}

// verify says what is wrong with an answer that was read to its end.
func (l *load) verify(status int, found *answer, last []byte) error {
	switch {
	case status != http.StatusOK:
		return fmt.Errorf("status %d: %s", status, last)
	case len(found.late) != l.tokens:
		return fmt.Errorf("%d of %d tokens, then %s", len(found.late), l.tokens, last)
	case found.disordered:
		return errors.New("tokens twice or out of order")
	case !bytes.Contains(last, []byte(l.last)):
		return fmt.Errorf("ends with %s", last)
	}
	return nil
}

func reason(fault error) string {
	text := fault.Error()
	if len(text) > reasonBytes {
		text = text[:reasonBytes]
	}
	return text
}
