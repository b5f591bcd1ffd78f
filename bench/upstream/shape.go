package main

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

const mostTokens = 1_000_000

// A shape says how an answer comes: so many tokens, and a pause between two.
type shape struct {
	tokens int
	gap    time.Duration
}

// shapeOf reads a shape from a message like "tokens=200 gap=20ms"; without a gap there is no pause.
func shapeOf(message string) (shape, error) {
	var wanted shape
	for _, word := range strings.Fields(message) {
		name, value, _ := strings.Cut(word, "=")
		var err error
		switch name {
		case "tokens":
			wanted.tokens, err = strconv.Atoi(value)
		case "gap":
			wanted.gap, err = time.ParseDuration(value)
		default:
			err = fmt.Errorf("%q is not known", name)
		}
		if err != nil {
			return shape{}, err
		}
	}
	if wanted.tokens < 1 || wanted.tokens > mostTokens {
		return shape{}, fmt.Errorf("tokens must be from 1 to %d", mostTokens)
	}
	return wanted, nil
}
