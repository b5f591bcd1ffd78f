package main

import (
	"sort"
	"time"
)

// What is printed.
type report struct {
	Answers      int            `json:"answers"`
	Whole        int            `json:"whole"`
	Tokens       int            `json:"tokens"`
	Seconds      float64        `json:"seconds"`
	CPUSeconds   float64        `json:"cpu_seconds"`
	PeakMiB      float64        `json:"peak_mib"`
	LateMs       spread         `json:"late_ms"`
	FirstTokenMs spread         `json:"first_token_ms"`
	Checks       int            `json:"checks"`
	GoodChecks   int            `json:"good_checks"`
	CheckMs      spread         `json:"check_ms"`
	Failures     map[string]int `json:"failures"`
}

// A spread is the middle and the slow end of many times, in milliseconds.
type spread struct {
	P50 float64 `json:"p50"`
	P99 float64 `json:"p99"`
	Max float64 `json:"max"`
}

func summary(answers []answer, checks []check) report {
	found := report{Answers: len(answers), Checks: len(checks), Failures: map[string]int{}}
	var late, firstTokens, took []time.Duration
	for _, answer := range answers {
		late = append(late, answer.late...)
		if len(answer.late) > 0 {
			firstTokens = append(firstTokens, answer.firstToken)
		}
		if answer.failure == "" {
			found.Whole++
		} else {
			found.Failures[answer.failure]++
		}
	}
	for _, check := range checks {
		took = append(took, check.took)
		if check.good {
			found.GoodChecks++
		}
	}
	found.Tokens = len(late)
	found.LateMs, found.FirstTokenMs, found.CheckMs = spreadOf(late), spreadOf(firstTokens), spreadOf(took)
	return found
}

func spreadOf(times []time.Duration) spread {
	if len(times) == 0 {
		return spread{}
	}
	sort.Slice(times, func(i, j int) bool { return times[i] < times[j] })
	at := func(share float64) float64 {
		return float64(times[int(share*float64(len(times)-1))]) / float64(time.Millisecond)
	}
	return spread{P50: at(0.5), P99: at(0.99), Max: at(1)}
}
