"""`python -m fedrl_agent`."""

from fedrl_agent.cli import main

main()
