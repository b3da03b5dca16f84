// SPDX-License-Identifier: BSD-2-Clause
// Functions of Go, called by goroutines whose stacks grow and move; they count their calls themselves.
package main

import (
	"fmt"
	"os"
	"sync"
	"sync/atomic"
	"time"
)

type counts struct{ calls, returned int64 }

var deep, slept, panicked counts

//go:noinline
func grows(n int) int {
	atomic.AddInt64(&deep.calls, 1)
	var local [200]byte
	local[n&127] = byte(n)
	below := 0
	if n > 0 {
		below = grows(n - 1)
	}
	atomic.AddInt64(&deep.returned, 1)
	return below + int(local[n&127]&1)
}

//go:noinline
func sleeps(n int) int {
	atomic.AddInt64(&slept.calls, 1)
	time.Sleep(time.Millisecond)
	below := grows(n)
	atomic.AddInt64(&slept.returned, 1)
	return below
}

//go:noinline
func panics(n int) int {
	atomic.AddInt64(&panicked.calls, 1)
	if n%2 == 0 {
		panic("unwinds")
	}
	atomic.AddInt64(&panicked.returned, 1)
	return n
}

func guarded(n int) {
	defer func() { _ = recover() }()
	panics(n)
}

func main() {
	var all sync.WaitGroup
	for i := 0; i < 50; i++ {
		all.Add(1)
		go func(n int) {
			defer all.Done()
			sleeps(n * 10)
			guarded(n)
		}(i)
	}
	all.Wait()
	fmt.Println("main.grows", deep.calls, deep.returned)
	fmt.Println("main.sleeps", slept.calls, slept.returned)
	fmt.Println("main.panics", panicked.calls, panicked.returned)
	os.Exit(7)
}
