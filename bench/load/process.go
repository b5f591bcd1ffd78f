package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"
	"unsafe"
)

const lookEvery = 500 * time.Millisecond

// A process stands for itself and all its descendants; 0 for nothing.
type process int

// cpu returns the CPU time used so far, from each process's own CPU clock: that counts in nanoseconds, and the numbers
// in /proc in ticks of ten milliseconds.
func (p process) cpu() (sum time.Duration) {
	for _, pid := range p.tree() {
		var used syscall.Timespec
		clock := uintptr(^pid<<3 | 2) // the kernel's name for "the CPU clock of pid"
		_, _, failed := syscall.Syscall(syscall.SYS_CLOCK_GETTIME, clock, uintptr(unsafe.Pointer(&used)), 0)
		if failed == 0 {
			sum += time.Duration(used.Nano())
		}
	}
	return sum
}

// memory returns the proportional set size in KiB: private memory, and a fair share of what is shared.
func (p process) memory() (sum int) {
	for _, pid := range p.tree() {
		rollup, _ := os.ReadFile(fmt.Sprintf("/proc/%d/smaps_rollup", pid)) // it may have ended meanwhile
		for _, line := range strings.Split(string(rollup), "\n") {
			if words := strings.Fields(line); len(words) > 1 && words[0] == "Pss:" {
				kib, _ := strconv.Atoi(words[1])
				sum += kib
			}
		}
	}
	return sum
}

// tree lists the process and all its descendants.
func (p process) tree() []int {
	if p == 0 {
		return nil
	}
	children := map[int][]int{}
	files, _ := filepath.Glob("/proc/[0-9]*/stat")
	for _, file := range files {
		if pid, parent, ok := kinship(file); ok {
			children[parent] = append(children[parent], pid)
		}
	}
	found := []int{int(p)}
	for i := 0; i < len(found); i++ {
		found = append(found, children[found[i]]...)
	}
	return found
}

// kinship reads a process's id and its parent's: "pid (name) state parent …", where the name may hold anything.
func kinship(file string) (pid, parent int, ok bool) {
	stat, err := os.ReadFile(file)
	if err != nil {
		return 0, 0, false
	}
	rest := strings.Fields(string(stat[bytes.LastIndexByte(stat, ')')+1:]))
	pid, err = strconv.Atoi(filepath.Base(filepath.Dir(file)))
	if err != nil || len(rest) < 2 {
		return 0, 0, false
	}
	parent, err = strconv.Atoi(rest[1])
	return pid, parent, err == nil
}

// A peakMemory is the most that a process tree was seen to use.
type peakMemory struct {
	lock sync.Mutex
	kib  int
}

// watchMemory looks now and then, until this program ends.
func watchMemory(server process) *peakMemory {
	peak := new(peakMemory)
	go func() {
		for ; ; time.Sleep(lookEvery) {
			kib := server.memory()
			peak.lock.Lock()
			if kib > peak.kib {
				peak.kib = kib
			}
			peak.lock.Unlock()
		}
	}()
	return peak
}

func (p *peakMemory) mib() float64 {
	p.lock.Lock()
	defer p.lock.Unlock()
	return float64(p.kib) / 1024
}
