package main

import (
	"bufio"
	"errors"
	"fmt"
	neturl "net/url"
	"os"
	"regexp"
	"runtime"
	"runtime/debug"
	"strings"
	"sync"

	"github.com/jackc/pgx/v5/pgconn"
)

// What the program says to main.ts, and hears from it.
var (
	url     = os.Getenv("SALLYPORT_URL")
	ca      = os.Getenv("SALLYPORT_CA")
	otherCA = os.Getenv("OTHER_CA")
	answers = bufio.NewScanner(os.Stdin)
	asking  sync.Mutex
)

// version reports the version of a module that the program was built with.
func version(module string) {
	build, _ := debug.ReadBuildInfo()
	for _, dependency := range build.Deps {
		if dependency.Path == module {
			fmt.Println("version", dependency.Version, "("+runtime.Version()+")")
		}
	}
}

func ask(question string) string {
	asking.Lock()
	defer asking.Unlock()
	fmt.Println("ask", question)
	answers.Scan()
	return answers.Text()
}

// check runs a body, which panics when it finds something wrong.
func check(title string, body func()) {
	defer func() {
		if found := recover(); found != nil {
			fmt.Println("not ok", title, "#", strings.Join(strings.Fields(fmt.Sprint(found)), " "))
		} else {
			fmt.Println("ok", title)
		}
		ask("clock 0")
	}()
	body()
}

func must(err error) {
	if err != nil {
		fail(err)
	}
}

func fail(what any) {
	_, _, line, _ := runtime.Caller(2)
	panic(fmt.Sprintf("%v (main.go:%d)", what, line))
}

func equal[T comparable](actual, expected T) {
	if actual != expected {
		fail(fmt.Sprintf("%v is not %v", actual, expected))
	}
}

func state(err error) string {
	var failure *pgconn.PgError
	if errors.As(err, &failure) {
		return failure.Code
	}
	return fmt.Sprint(err)
}

func denied(err error, reason string) {
	if state(err) != "42501" {
		fail(fmt.Sprintf("not refused: %v", err))
	}
	for _, part := range []string{"POLICY_DENIED [dec_", "Do not retry this statement", reason} {
		if !strings.Contains(err.Error(), part) {
			fail(fmt.Sprintf("%q is not in %q", part, err))
		}
	}
}

func escape(text string) string { return neturl.QueryEscape(text) }

func withoutPassword() string { return regexp.MustCompile(`:[^:@/]+@`).ReplaceAllString(url, "@") }
