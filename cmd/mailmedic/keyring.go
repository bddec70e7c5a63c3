package main

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"time"

	"github.com/zalando/go-keyring"
)

// keyringPatience is how long a keyring has, the person included whom it may ask to unlock it.
const keyringPatience = 30 * time.Second

var errNoKeyring = errors.New("there is no keyring to ask: this session has no D-Bus; " +
	"take the secret from a file, standard input or a command instead")

// secretFromKeyring asks the system's keyring: the Secret Service on Linux and
// BSD, the Keychain on macOS, the Credential Manager on Windows.
func secretFromKeyring(ctx context.Context, s *streams, service, user, flag string) ([]byte, error) {
	if user == "" {
		return nil, usagef("%s: whose secret? Write an address, or add --user", flag)
	}
	secret, err := askKeyring(ctx, func() (string, error) { return s.keyring(service, user) })
	var interrupted verdictError
	switch {
	case errors.As(err, &interrupted):
		return nil, err
	case errors.Is(err, keyring.ErrNotFound):
		return nil, usagef("%s: the keyring has nothing for %s under %s", flag, user, service)
	case err != nil:
		return nil, usagef("%s: %w", flag, err)
	}
	return []byte(secret), nil
}

var errSilentKeyring = errors.New("the keyring does not answer; is it locked, with nobody to unlock it?")

// askKeyring asks with patience. A keyring cannot be told to give up; where it
// does not answer, the question ends with the process, and that ends with this
// error.
func askKeyring(ctx context.Context, ask func() (string, error)) (string, error) {
	type answer struct {
		secret string
		err    error
	}
	answered := make(chan answer, 1)
	go func() {
		secret, err := ask()
		answered <- answer{secret, err}
	}()
	patience := time.NewTimer(keyringPatience)
	defer patience.Stop()
	select {
	case a := <-answered:
		return a.secret, a.err
	case <-patience.C:
		return "", errSilentKeyring
	case <-ctx.Done():
		return "", verdictError{exitInterrupted}
	}
}

// systemKeyring gives a secret from the keyring of the system. Without a session
// bus it says so at once: starting one for the purpose would find it empty.
func systemKeyring(service, user string) (string, error) {
	if needsBus() && !hasBus(os.Getenv) {
		return "", errNoKeyring
	}
	return keyring.Get(service, user)
}

// keepInSystemKeyring puts a secret there, in place of what the user has under
// the service.
func keepInSystemKeyring(service, user, secret string) error {
	if needsBus() && !hasBus(os.Getenv) {
		return errNoKeyring
	}
	err := keyring.Set(service, user, secret)
	if errors.Is(err, keyring.ErrSetDataTooBig) {
		return errors.New("this system's keyring takes no secret of that size; keep the token in a file")
	}
	return err
}

func needsBus() bool { return runtime.GOOS != "darwin" && runtime.GOOS != "windows" }

// hasBus looks where the D-Bus specification says that a session bus is found.
func hasBus(env func(string) string) bool {
	if env("DBUS_SESSION_BUS_ADDRESS") != "" {
		return true
	}
	_, err := os.Stat(filepath.Join(env("XDG_RUNTIME_DIR"), "bus"))
	return env("XDG_RUNTIME_DIR") != "" && err == nil
}
