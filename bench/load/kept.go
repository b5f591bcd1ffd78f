package main

import (
	"context"
	"encoding/json"
	"fmt"
	"log"
	"net/http"
	"strings"
	"sync"
)

const makers = 8 // conversations made at once

// prepare makes the visitor to whom all conversations belong, and the conversations, each for one answer.
func (l *load) prepare(until context.Context) {
	var visitor struct{ Token string }
	address := strings.TrimSuffix(l.url, "/conversations") + "/visitors"
	if err := l.made(until, address, &visitor); err != nil {
		log.Fatal(err)
	}
	l.token = visitor.Token
	l.conversations = make(chan string, l.kept)
	var making sync.WaitGroup
	for i := 0; i < makers; i++ {
		making.Add(1)
		go func(count int) {
			defer making.Done()
			for ; count > 0; count-- {
				l.conversations <- l.newConversation(until)
			}
		}((l.kept + i) / makers)
	}
	making.Wait()
}

func (l *load) newConversation(until context.Context) string {
	var conversation struct{ ID string }
	if err := l.made(until, l.url, &conversation); err != nil {
		log.Fatal(err)
	}
	return conversation.ID
}

// address returns where the next answer is asked for.
func (l *load) address() string {
	if l.kept == 0 {
		return l.url
	}
	return l.url + "/" + <-l.conversations + "/replies"
}

// made asks for something new, and reads what came of it into found.
func (l *load) made(until context.Context, address string, found any) error {
	response, err := l.send(until, address, []byte("{}"))
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusCreated {
		return fmt.Errorf("status %d of %s", response.StatusCode, address)
	}
	return json.NewDecoder(response.Body).Decode(found)
}
