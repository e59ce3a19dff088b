"""Text out of files, in a sandbox: judged by the policy now, fed to the index later."""
