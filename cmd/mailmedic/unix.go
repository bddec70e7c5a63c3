package main

import "runtime"

// onUnix tells where permission bits say who may read a file.
const onUnix = runtime.GOOS != "windows"
