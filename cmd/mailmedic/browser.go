package main

import (
	"os"
	"os/exec"
	"runtime"
)

// systemBrowser gives what opens a page in the browser of the person at this
// computer, nil where nobody would see it.
func systemBrowser(env func(string) string) func(page string) error {
	words := browserCommand(env)
	if len(words) == 0 {
		return nil
	}
	program, err := exec.LookPath(words[0])
	if err != nil {
		return nil
	}
	return func(page string) error {
		// It may live as long as the browser, which is not ours to end.
		command := exec.Command(program, append(words[1:], page)...) //nolint:noctx // see above
		command.Env = withoutSecrets(os.Environ(), proxyPassword)
		if err := command.Start(); err != nil {
			return err
		}
		return command.Process.Release()
	}
}

// browserCommand gives the command that takes an address, without it.
func browserCommand(env func(string) string) []string {
	switch runtime.GOOS {
	case "darwin":
		return []string{"open"}
	case "windows":
		return []string{"rundll32", "url.dll,FileProtocolHandler"}
	}
	if env("DISPLAY") == "" && env("WAYLAND_DISPLAY") == "" {
		return nil
	}
	return []string{"xdg-open"}
}
