//go:build integration

package integration

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
)

// unpackDebian fills root with packages and all that they depend on, beside
// whatever is installed and whatever excludes what. No script of a package runs,
// so nothing is configured and nothing starts. Packages that exclude one another
// stand in sets of their own. What has been fetched once is kept in the cache of
// the user who runs the tests.
func unpackDebian(ctx context.Context, root string, sets [][]string) error {
	archives, err := fetchDebian(ctx, sets)
	if err != nil { // the lists of a fresh or an old machine do not name the packages that there are
		if update := command(ctx, "apt-get", "update", "-qq"); update != nil {
			return errors.Join(err, update)
		}
		archives, err = fetchDebian(ctx, sets)
	}
	if err != nil {
		return err
	}
	return unpack(ctx, root, archives)
}

func debianCache() (string, error) {
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", err
	}
	cache = filepath.Join(cache, "mailmedic-integration", "archives")
	return cache, os.MkdirAll(filepath.Join(cache, "partial"), 0o755)
}

// fetchDebian gives the files of the packages and of all that they depend on, each once.
func fetchDebian(ctx context.Context, sets [][]string) ([]string, error) {
	cache, err := debianCache()
	if err != nil {
		return nil, err
	}
	var archives []string
	for _, set := range sets {
		// What is there already is not named, so this asks with a cache that is not there.
		names, err := aptGet(ctx, filepath.Join(cache, "none"), append([]string{"--print-uris"}, set...))
		if err != nil {
			return nil, err
		}
		for line := range strings.Lines(names) {
			fields := strings.Fields(line) // 'address' file size hash
			if len(fields) < 2 {
				return nil, fmt.Errorf("apt-get names no file: %s", line)
			}
			archives = append(archives, filepath.Join(cache, fields[1]))
		}
		if slices.ContainsFunc(archives, isMissing) {
			if _, err := aptGet(ctx, cache, set); err != nil {
				return nil, err
			}
		}
	}
	slices.Sort(archives)
	return slices.Compact(archives), nil
}

func isMissing(file string) bool {
	_, err := os.Stat(file)
	return err != nil
}

// aptGet fetches for a machine on which nothing is installed, into a folder.
func aptGet(ctx context.Context, cache string, packages []string) (string, error) {
	args := append([]string{
		"-o", "Dir::State::status=/dev/null", "-o", "Dir::Cache::archives=" + cache,
		"--no-install-recommends", "--download-only", "-y", "-qq", "install",
	}, packages...)
	cmd := exec.CommandContext(ctx, "apt-get", args...)
	out, err := cmd.Output()
	if exit := new(exec.ExitError); errors.As(err, &exit) {
		err = fmt.Errorf("%w: %s", err, bytes.TrimSpace(exit.Stderr))
	}
	if err != nil {
		return "", fmt.Errorf("fetch Debian packages: %w", err)
	}
	return string(out), nil
}

// unpack lays archives over one another, on all processors.
func unpack(ctx context.Context, root string, archives []string) error {
	var workers sync.WaitGroup
	errs := make([]error, len(archives))
	next := make(chan int)
	for range runtime.NumCPU() {
		workers.Go(func() {
			for i := range next {
				errs[i] = command(ctx, "dpkg-deb", "-x", archives[i], root)
			}
		})
	}
	for i := range archives {
		next <- i
	}
	close(next)
	workers.Wait()
	return errors.Join(errs...)
}

// renderTree fills in every file of an embedded folder, at the same place below root.
func renderTree(root, from string, data any) error {
	return fs.WalkDir(testdata, from, func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		to := filepath.Join(root, strings.TrimPrefix(name, from))
		if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
			return err
		}
		return render(to, name, data)
	})
}
