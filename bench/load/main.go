// Command load reads many answers of a streaming server at once and prints, as one line of JSON, how they came.
//
// The request's body is taken from standard input. Tokens are found by the stamps that the upstream beside this
// program writes: a token's lateness is the time from the writing of its stamp to its arrival here, through the server.
// With -pid, CPU time and memory are those of that process and all its descendants (Linux only).
package main

import (
	"context"
	"encoding/json"
	"flag"
	"io"
	"log"
	"os"
	"time"
)

func main() {
	var load load
	var memory bool
	var health string
	var pid int
	flag.StringVar(&load.url, "url", "", "the streaming route; with -kept, that of the conversations")
	flag.IntVar(&load.kept, "kept", 0, "each answer is the first of a new conversation; so many are made before")
	flag.StringVar(&load.last, "last", "", "what the last event of a whole answer holds")
	flag.IntVar(&load.tokens, "tokens", 0, "tokens of a whole answer")
	flag.IntVar(&load.streams, "streams", 1, "answers at once")
	flag.DurationVar(&load.ramp, "ramp", 0, "time over which they begin")
	flag.DurationVar(&load.repeat, "repeat", 0, "each reader asks again, until this time has passed")
	flag.StringVar(&health, "health", "", "another route, asked all the while that all answers are open")
	flag.IntVar(&pid, "pid", 0, "the server's first process")
	flag.BoolVar(&memory, "memory", false, "measure memory too; the looking costs the server a little")
	limit := flag.Duration("limit", time.Minute, "time after which everything is given up")
	flag.Parse()

	load.token = "sk-bench"
	body, err := io.ReadAll(os.Stdin)
	if err != nil {
		log.Fatal(err)
	}
	load.body = body
	until, stop := context.WithTimeout(context.Background(), *limit)
	defer stop()

	load.connect(until)
	var checks []check
	server, begin := process(pid), time.Now()
	cpuBefore, peak := server.cpu(), new(peakMemory)
	if memory {
		peak = watchMemory(server)
	}
	if health != "" {
		checks = load.runChecked(until, health)
	} else {
		load.run(until)
	}
	found := summary(load.answers, checks)
	found.Seconds = time.Since(begin).Seconds()
	found.CPUSeconds = (server.cpu() - cpuBefore).Seconds()
	found.PeakMiB = peak.mib()
	if err := json.NewEncoder(os.Stdout).Encode(found); err != nil {
		log.Fatal(err)
	}
}
