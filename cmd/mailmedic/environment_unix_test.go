//go:build unix

package main

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
)

// What a run signs in with stands in no environment of a program that it starts.
// The test sets variables, so nothing runs beside it.
func TestOtherProgramsGetNoSecretInTheirEnvironment(t *testing.T) {
	if runtime.GOOS == "darwin" {
		t.Skip("browsers are not opened with xdg-open there")
	}
	t.Setenv("MAILMEDIC_PASSWORD", "gives-it-away")
	t.Setenv("MAILMEDIC_TOKEN", "gives-it-away")
	t.Setenv("DISPLAY", ":0")
	t.Setenv(proxyPassword, "for the proxy")

	line := `sh -c 'echo "password ${MAILMEDIC_PASSWORD-none}, token ${MAILMEDIC_TOKEN-none}"'`
	printed, err := secretFromCommand(t.Context(), &streams{err: os.Stderr}, line, "--password-command")
	if err != nil || string(printed) != "password none, token none" {
		t.Errorf("the command of a password sees %q, %v", printed, err)
	}

	dir := t.TempDir()
	pipe, program := filepath.Join(dir, "pipe"), filepath.Join(dir, "xdg-open")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(program, []byte("#!/bin/sh\nenv >"+pipe+"\n"), 0o700); err != nil { //nolint:gosec // it is to be run
		t.Fatal(err)
	}
	t.Setenv("PATH", dir+string(os.PathListSeparator)+os.Getenv("PATH"))
	if err := systemBrowser(os.Getenv)("https://login.example/"); err != nil {
		t.Fatal(err)
	}
	environment, err := os.ReadFile(pipe)
	if err != nil || !strings.Contains(string(environment), "DISPLAY=:0") || strings.Contains(string(environment), "gives-it-away") || strings.Contains(string(environment), "for the proxy") {
		t.Errorf("the browser sees %q, %v", environment, err)
	}
}
