package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"time"
)

// What a chunk holds around its delta, with the fields that the provider sends too.
const (
	head = `data: {"id":"chatcmpl-bench","object":"chat.completion.chunk","created":1795353000,"model":"gpt-4o-mini",` +
		`"service_tier":"default","system_fingerprint":"fp_bench","choices":[`
	tail  = `],"usage":null}` + "\n\n"
	begun = head + `{"index":0,"delta":{"role":"assistant","content":"","refusal":null},` +
		`"logprobs":null,"finish_reason":null}` + tail
	beforeToken = head + `{"index":0,"delta":{"content":"`
	afterToken  = `"},"logprobs":null,"finish_reason":null}` + tail
	finished    = head + `{"index":0,"delta":{},"logprobs":null,"finish_reason":"stop"}` + tail
	usage       = head + `],"usage":{"prompt_tokens":%d,"completion_tokens":%d,"total_tokens":%d}}` + "\n\n"
	done        = "data: [DONE]\n\n"
)

type question struct {
	Stream   bool `json:"stream"`
	Messages []struct {
		Content string `json:"content"`
	} `json:"messages"`
}

// complete answers POST /v1/chat/completions, streamed.
func complete(w http.ResponseWriter, r *http.Request) {
	var asked question
	if err := json.NewDecoder(r.Body).Decode(&asked); err != nil || !asked.Stream || len(asked.Messages) == 0 {
		refuse(w, "a JSON body with messages and stream=true is needed")
		return
	}
	wanted, err := shapeOf(asked.Messages[len(asked.Messages)-1].Content)
	if err != nil {
		refuse(w, err.Error())
		return
	}
	stream(w, r.Context(), wanted)
}

func refuse(w http.ResponseWriter, reason string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(http.StatusBadRequest)
	fmt.Fprintf(w, `{"error":{"message":%q,"type":"invalid_request_error"}}`, reason)
}

// stream writes an answer, for as long as its caller stays.
func stream(w http.ResponseWriter, caller context.Context, wanted shape) {
	w.Header().Set("Content-Type", "text/event-stream; charset=utf-8")
	flusher := w.(http.Flusher)
	write := func(event []byte) {
		_, _ = w.Write(event) // fails where the caller has left, which wait sees
		flusher.Flush()
	}
	write([]byte(begun))
	event, due := []byte(beforeToken), time.Now()
	for i := 0; i < wanted.tokens; i++ {
		if !wait(caller, time.Until(due)) {
			return
		}
		event = append(strconv.AppendInt(append(event[:len(beforeToken)], '['), time.Now().UnixNano(), 10), "] "...)
		write(append(event, afterToken...))
		due = due.Add(wanted.gap) // on a schedule: a late token does not make the next one late
	}
	write([]byte(finished + fmt.Sprintf(usage, 10, wanted.tokens, 10+wanted.tokens) + done))
}

// wait returns true when the time is over, or false as soon as the caller leaves.
func wait(caller context.Context, pause time.Duration) bool {
	if pause <= 0 {
		return caller.Err() == nil
	}
	timer := time.NewTimer(pause)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-caller.Done():
		return false
	}
}
